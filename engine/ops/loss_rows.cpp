#include "engine/ops/loss_rows.h"

#include "engine/error.h"

namespace burin {

Tensor scalar(double value) { return Tensor::full({}, static_cast<float>(value)); }

Shape pair_infer(std::string_view op, std::span<const Shape> inputs) {
  if (!(inputs[0] == inputs[1]))
    throw Error(std::string(op), "a target of " + inputs[0].text(), inputs[1].text());
  if (inputs[0].elements() == 0)
    throw Error(std::string(op), "one number or more", inputs[0].text());
  return {};
}

void require_fixed_target(std::string_view op, const BackwardContext& context) {
  if (context.wants[1])
    throw Error(std::string(op), "a target without gradient", "one that wants a gradient");
}

}  // namespace burin

// y = x, with updates[i] at [i with indices[i] on the axis]; the last one of several stays, or all
// are taken together
#include "engine/ops/all_ops.h"
#include "engine/ops/indexed.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

constexpr std::string_view name = "scatter_elements";

const ScatterAttributes& read(const Attributes& attributes) {
  return std::get<ScatterAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = read(attributes);
  check_updates(name, inputs[2], check_element_indices(name, inputs[0], inputs[1], a.axis));
  return inputs[0];
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  return scattered_type(name, inputs, read(attributes).mode);
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &indices = context.inputs[1];
  const auto& a = read(context.attributes);
  const auto places = element_places(name, x.shape(), indices, a.axis);
  return scattered(x, places, 1, context.inputs[2], a.mode);
}

}  // namespace

const OpDef scatter_elements_op{.name = name,
                                .infer = infer,
                                .forward = forward,
                                .backward = nullptr,
                                .needs = Needs::nothing,
                                .infer_type = type};

Value scatter_elements(const Value& x, const Value& indices, const Value& updates,
                       const ScatterAttributes& attributes) {
  return x.tape().record(scatter_elements_op, {x, indices, updates}, attributes);
}

}  // namespace burin

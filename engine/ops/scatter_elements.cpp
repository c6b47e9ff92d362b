// y = x, with updates[i] at [i with indices[i] on the axis]; the last one of several stays, or all
// are taken together
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
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
  const Shape wanted = check_element_indices(name, inputs[0], inputs[1], a.axis);
  if (!(inputs[2] == wanted))
    throw Error(std::string(name), "updates of shape " + wanted.text(), inputs[2].text());
  return inputs[0];
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  static_cast<void>(require_type(name, inputs[1], Indices{}));
  if (inputs[2] != inputs[0])
    throw Error(std::string(name), "updates of type " + std::string(dtype_name(inputs[0])),
                std::string(dtype_name(inputs[2])));
  if (read(attributes).mode == ScatterMode::replace)
    return require_type(name, inputs[0], NumbersAndBool{});
  return require_type(name, inputs[0], Numbers{});
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &indices = context.inputs[1];
  const auto& a = read(context.attributes);
  const auto places = element_places(name, x.shape(), indices, a.axis);
  const Tensor y = Tensor::empty(x.shape(), x.dtype(), Order::row_major);
  y.copy_from(x);
  write_places(y, places, 1, context.inputs[2], a.mode);
  return y;
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

// y[i] = x[i with indices[i] on the axis];  dx = dy, added up where numbers were read
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/indexed.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return check_element_indices("gather_elements", inputs[0], inputs[1],
                               std::get<AxisAttributes>(attributes).axis);
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type("gather_elements", inputs[1], Indices{}));
  return require_type("gather_elements", inputs[0], NumbersAndBool{});
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  const auto places = element_places("gather_elements", x.shape(), context.inputs[1],
                                     std::get<AxisAttributes>(context.attributes).axis);
  return read_places(x, places, 1, context.inputs[1].shape());
}

void backward(BackwardContext& context) {
  if (!context.wants[0]) return;
  const Shape& x = context.input_shapes[0];
  const auto places = element_places("gather_elements", x, context.inputs[1],
                                     std::get<AxisAttributes>(context.attributes).axis);
  const Tensor dx = Tensor::zeros(x, DType::f32, Order::row_major);
  write_places(dx, places, 1, context.dy, ScatterMode::add);
  context.gradients[0] = dx;
}

}  // namespace

const OpDef gather_elements_op{.name = "gather_elements",
                               .infer = infer,
                               .forward = forward,
                               .backward = backward,
                               .needs = Needs::inputs,
                               .infer_type = type};

Value gather_elements(const Value& x, const Value& indices, int axis) {
  return x.tape().record(gather_elements_op, {x, indices}, AxisAttributes{.axis = axis});
}

}  // namespace burin

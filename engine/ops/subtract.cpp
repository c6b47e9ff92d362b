// y = a - b;  da = dy, db = -dy, summed over the axes that were repeated
#include "engine/ops/all_ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return broadcast_shape("subtract", inputs[0], inputs[1]);
}

Tensor forward(ForwardContext& context) {
  const Tensor &a = context.inputs[0], &b = context.inputs[1];
  return combine(Binary::subtract, broadcast_shape("subtract", a.shape(), b.shape()), a, b, {},
                 context.target);
}

void backward(BackwardContext& context) {
  if (context.wants[0]) context.gradients[0] = reduce_to(context.dy, context.input_shapes[0]);
  if (!context.wants[1]) return;
  const Tensor sum = reduce_to(context.dy, context.input_shapes[1]);
  context.gradients[1] = expand(sum, sum.shape(), -1.0f);
}

DType type(std::span<const DType> inputs, const Attributes&) {
  return broadcast_type("subtract", inputs);
}

}  // namespace

const OpDef subtract_op{.name = "subtract",
                        .infer = infer,
                        .forward = forward,
                        .backward = backward,
                        .needs = Needs::nothing,
                        .infer_type = type};

Value subtract(const Value& a, const Value& b) { return a.tape().record(subtract_op, {a, b}, {}); }

}  // namespace burin

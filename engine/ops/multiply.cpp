// y = a * b;  da = dy * b, db = dy * a, summed over the axes that were repeated
#include "engine/ops/all_ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return broadcast_shape("multiply", inputs[0], inputs[1]);
}

Tensor forward(ForwardContext& context) {
  const Tensor &a = context.inputs[0], &b = context.inputs[1];
  return combine(Binary::multiply, broadcast_shape("multiply", a.shape(), b.shape()), a, b, {},
                 context.target);
}

void backward(BackwardContext& context) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (!context.wants[i]) continue;
    const Tensor product =
        combine(Binary::multiply, context.dy.shape(), context.dy, context.inputs[1 - i]);
    context.gradients[i] = reduce_to(product, context.input_shapes[i]);
  }
}

DType type(std::span<const DType> inputs, const Attributes&) {
  return broadcast_type("multiply", inputs);
}

}  // namespace

const OpDef multiply_op{.name = "multiply",
                        .infer = infer,
                        .forward = forward,
                        .backward = backward,
                        .needs = Needs::inputs,
                        .infer_type = type};

Value multiply(const Value& a, const Value& b) { return a.tape().record(multiply_op, {a, b}, {}); }

}  // namespace burin

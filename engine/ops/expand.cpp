// y = x, repeated along axes of size 1 and along axes that are added in front;  dx = the sum of dy
// over them
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const Shape wanted(std::get<ShapeAttributes>(attributes).shape);
  if (!(broadcast_shape("expand", inputs[0], wanted) == wanted))
    throw Error("expand", "a shape that " + inputs[0].text() + " can be repeated to",
                wanted.text());
  return wanted;
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  const Shape shape(std::get<ShapeAttributes>(context.attributes).shape);
  if (shape == x.shape()) return x;
  const Tensor y = context.output(shape, x.dtype());
  for_type("expand", x.dtype(), NumbersAndBool{}, [&](auto zero) {
    using T = decltype(zero);
    map_numbers<T, T>(y, {x}, [](T v) { return v; });
  });
  return y;
}

void backward(BackwardContext& context) {
  context.gradients[0] = reduce_to(context.dy, context.input_shapes[0]);
}

}  // namespace

const OpDef expand_op{.name = "expand",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::nothing};

Value expand(const Value& x, std::span<const std::int64_t> shape) {
  return x.tape().record(expand_op, {x}, ShapeAttributes{.shape = {shape.begin(), shape.end()}});
}

}  // namespace burin

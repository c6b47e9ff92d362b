// y = factor*x + shift;  dx = factor*dy
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Tensor scaled(const Tensor& x, float factor, float shift, const Tensor& target = {}) {
  RowWalk walk("scale", {x});
  const Tensor y = walk.output(target);
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().pointwise.scale(b.extent, walk.in(0, b), walk.out(1, b), factor, shift);
  });
  return y;
}

Shape infer(std::span<const Shape> inputs, const Attributes&) { return inputs[0]; }

Tensor forward(ForwardContext& context) {
  const auto& a = std::get<ScaleAttributes>(context.attributes);
  return scaled(context.inputs[0], a.scale, a.shift, context.target);
}

void backward(BackwardContext& context) {
  context.gradients[0] =
      scaled(context.dy, std::get<ScaleAttributes>(context.attributes).scale, 0.0f);
}

}  // namespace

const OpDef scale_op{.name = "scale",
                     .infer = infer,
                     .forward = forward,
                     .backward = backward,
                     .needs = Needs::nothing,
                     .in_place = true};

Value scale(const Value& x, float factor, float shift) {
  return x.tape().record(scale_op, {x}, ScaleAttributes{.scale = factor, .shift = shift});
}

}  // namespace burin

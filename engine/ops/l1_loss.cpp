// y = the mean of |x - t|;  dx = sign(x - t) / count, dt = -dx
#include "engine/ops/all_ops.h"
#include "engine/ops/loss_rows.h"
#include "engine/ops/ops.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return pair_infer("l1_loss", inputs);
}

Tensor forward(ForwardContext& context) {
  const RowWalk walk("l1_loss", {context.inputs[0], context.inputs[1]});
  const double sum = walk.sum([&](const Block& b) {
    return kernels::elementwise().loss.l1(b.extent, walk.in(0, b), walk.in(1, b));
  });
  return scalar(sum / static_cast<double>(context.inputs[0].elements()));
}

void backward(BackwardContext& context) {
  const double count = static_cast<double>(context.inputs[0].elements());
  const float factor = static_cast<float>(1 * static_cast<double>(context.dy.data()[0]) / count);
  for (std::size_t i = 0; i < 2; ++i) {
    if (!context.wants[i]) continue;
    RowWalk walk("l1_loss", {context.inputs[i], context.inputs[1 - i]});
    context.gradients[i] = walk.output();
    walk.each([&](const Block& b, std::int64_t) {
      kernels::elementwise().loss.l1_backward(b.extent, walk.in(0, b), walk.in(1, b),
                                              walk.out(2, b), factor);
    });
  }
}

}  // namespace

const OpDef l1_loss_op{.name = "l1_loss",
                       .infer = infer,
                       .forward = forward,
                       .backward = backward,
                       .needs = Needs::inputs};

Value l1_loss(const Value& prediction, const Value& target) {
  return prediction.tape().record(l1_loss_op, {prediction, target}, {});
}

}  // namespace burin

// y = the mean of (x - t)^2;  dx = 2*(x - t) / count, dt = -dx
#include "engine/ops/all_ops.h"
#include "engine/ops/distance_family.h"
#include "engine/ops/loss_rows.h"
#include "engine/ops/ops.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return pair_infer("l2_loss", inputs);
}

Tensor forward(ForwardContext& context) {
  return distance_forward("l2_loss", context, kernels::elementwise().loss.l2);
}

void backward(BackwardContext& context) {
  distance_backward("l2_loss", context, kernels::elementwise().loss.l2_backward, 2);
}

}  // namespace

const OpDef l2_loss_op{.name = "l2_loss",
                       .infer = infer,
                       .forward = forward,
                       .backward = backward,
                       .needs = Needs::inputs};

Value l2_loss(const Value& prediction, const Value& target) {
  return prediction.tape().record(l2_loss_op, {prediction, target}, {});
}

}  // namespace burin

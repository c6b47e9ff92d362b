// y = the mean of |x - t|;  dx = sign(x - t) / count, dt = -dx
#include "engine/ops/all_ops.h"
#include "engine/ops/distance_family.h"
#include "engine/ops/loss_rows.h"
#include "engine/ops/ops.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return pair_infer("l1_loss", inputs);
}

Tensor forward(ForwardContext& context) {
  return distance_forward("l1_loss", context, kernels::elementwise().loss.l1);
}

void backward(BackwardContext& context) {
  distance_backward("l1_loss", context, kernels::elementwise().loss.l1_backward, 1);
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

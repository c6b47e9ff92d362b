// y = 1 - (2*sum(p*t) + s) / (sum(p) + sum(t) + s), p = sigmoid(x) or x, sums over the whole batch
// (Milletari et al., V-Net, 2016, with plain sums in the denominator);  dp = (n/d - 2*t) / d with n
// and d of the fraction
#include "engine/ops/all_ops.h"
#include "engine/ops/loss_rows.h"
#include "engine/ops/ops.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return pair_infer("dice_loss", inputs);
}

struct Fraction {
  double above, below;
};
Fraction fraction(const kernels::DiceSums& sums, double smooth) {
  return {2 * sums.product + smooth, sums.prediction + sums.target + smooth};
}

Tensor forward(ForwardContext& context) {
  const auto& a = std::get<LossAttributes>(context.attributes);
  const RowWalk walk("dice_loss", {context.inputs[0], context.inputs[1]});
  const kernels::DiceSums sums = walk.sum([&](const Block& b) {
    return kernels::elementwise().loss.dice(b.extent, walk.in(0, b), walk.in(1, b), a.from_logits);
  });
  const Fraction f = fraction(sums, static_cast<double>(a.smooth));
  const Tensor saved = Tensor::empty({2}, DType::f64, Order::row_major);
  saved.data<double>()[0] = f.above;
  saved.data<double>()[1] = f.below;
  context.saved.push_back(saved);
  // Empty prediction and target without smoothing agree: no loss.
  return scalar(f.below == 0 ? 0 : 1 - f.above / f.below);
}

void backward(BackwardContext& context) {
  require_fixed_target("dice_loss", context);
  const auto& a = std::get<LossAttributes>(context.attributes);
  const double dy = context.dy.data()[0];
  const double above = context.saved[0].data<double>()[0];
  const double below = context.saved[0].data<double>()[1];
  const double part = below == 0 ? 0 : dy / below;
  const float slope = static_cast<float>(-2 * part);
  const float constant = static_cast<float>(below == 0 ? 0 : part * above / below);
  RowWalk walk("dice_loss", {context.inputs[0], context.inputs[1]});
  context.gradients[0] = walk.output();
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().loss.dice_backward(b.extent, walk.in(0, b), walk.in(1, b),
                                              walk.out(2, b), slope, constant, a.from_logits);
  });
}

}  // namespace

const OpDef dice_loss_op{.name = "dice_loss",
                         .infer = infer,
                         .forward = forward,
                         .backward = backward,
                         .needs = Needs::inputs};

Value dice_loss(const Value& prediction, const Value& target, const LossAttributes& attributes) {
  return prediction.tape().record(dice_loss_op, {prediction, target}, attributes);
}

}  // namespace burin

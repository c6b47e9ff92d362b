// y = the mean over all numbers of max(x,0) - x*t + log(1 + exp(-|x|)) for logits, of -t*log(x) -
// (1-t)*log(1-x) for probabilities;  dx = (sigmoid(x) - t) / count, or (x - t) / (x*(1-x)) / count
#include "engine/ops/all_ops.h"
#include "engine/ops/loss_rows.h"
#include "engine/ops/ops.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return pair_infer("bce_loss", inputs);
}

Tensor forward(ForwardContext& context) {
  const bool logits = std::get<LossAttributes>(context.attributes).from_logits;
  const RowWalk walk("bce_loss", {context.inputs[0], context.inputs[1]});
  const double sum = walk.sum([&](const Block& b) {
    return kernels::elementwise().loss.bce(b.extent, walk.in(0, b), walk.in(1, b), logits);
  });
  return scalar(sum / static_cast<double>(context.inputs[0].elements()));
}

void backward(BackwardContext& context) {
  require_fixed_target("bce_loss", context);
  const bool logits = std::get<LossAttributes>(context.attributes).from_logits;
  const double count = static_cast<double>(context.inputs[0].elements());
  const float factor = static_cast<float>(static_cast<double>(context.dy.data()[0]) / count);
  RowWalk walk("bce_loss", {context.inputs[0], context.inputs[1]});
  context.gradients[0] = walk.output();
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().loss.bce_backward(b.extent, walk.in(0, b), walk.in(1, b), walk.out(2, b),
                                             factor, logits);
  });
}

}  // namespace

const OpDef bce_loss_op{.name = "bce_loss",
                        .infer = infer,
                        .forward = forward,
                        .backward = backward,
                        .needs = Needs::inputs};

Value bce_loss(const Value& prediction, const Value& target, const LossAttributes& attributes) {
  return prediction.tape().record(bce_loss_op, {prediction, target}, attributes);
}

}  // namespace burin

// y = act(gamma*(x - mean)/sqrt(variance + epsilon) + beta); statistics
// per sample and channel (Ulyanov, Vedaldi, Lempitsky 2016), in training and inference alike.
#include "engine/ops/all_ops.h"
#include "engine/ops/norm_sweeps.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_norm(instance_norm_op, inputs, std::get<NormAttributes>(attributes));
}

NormSets sets_of(const Shape& x) {
  return {"instance_norm", x.batch(), x.spatial(), x.channels(), x.channels()};
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last("instance_norm", context.inputs[0]);  // [n, c, ...]
  const NormSets sets = sets_of(x.shape());
  return norm_forward(context, x, norm_moments(x, sets), sets);
}

void backward(BackwardContext& context) {
  norm_backward(context, sets_of(context.input_shapes[0]));
}

}  // namespace

const OpDef instance_norm_op{.name = "instance_norm",
                             .infer = infer,
                             .forward = forward,
                             .backward = backward,
                             .required = 1};

Value instance_norm(const Value& x, const Value& gamma, const Value& beta,
                    const NormAttributes& attributes) {
  return x.tape().record(instance_norm_op, {x, gamma, beta}, attributes);
}

}  // namespace burin

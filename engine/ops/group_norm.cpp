// y = act(gamma*(x - mean)/sqrt(variance + epsilon) + beta); statistics
// per sample and group of channels (Wu and He 2018), in training and inference alike.
#include <string>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/norm_sweeps.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = std::get<NormAttributes>(attributes);
  const Shape y = infer_norm(group_norm_op, inputs, a);
  if (a.groups < 1 || y.channels() % a.groups != 0)
    throw Error("group_norm", "groups that divide " + std::to_string(y.channels()) + " channels",
                std::to_string(a.groups));
  return y;
}

NormSets sets_of(const Shape& x, const Attributes& attributes) {
  return {"group_norm", x.batch(), x.spatial(), x.channels(),
          std::get<NormAttributes>(attributes).groups};
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last("group_norm", context.inputs[0]);  // [n, c, ...]
  const NormSets sets = sets_of(x.shape(), context.attributes);
  return norm_forward(context, x, norm_moments(x, sets), sets);
}

void backward(BackwardContext& context) {
  norm_backward(context, sets_of(context.input_shapes[0], context.attributes));
}

}  // namespace

const OpDef group_norm_op{
    .name = "group_norm", .infer = infer, .forward = forward, .backward = backward, .required = 1};

Value group_norm(const Value& x, const Value& gamma, const Value& beta,
                 const NormAttributes& attributes) {
  return x.tape().record(group_norm_op, {x, gamma, beta}, attributes);
}

}  // namespace burin

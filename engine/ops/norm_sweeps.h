// What batch, instance and group norm share: pixels are cut into sets that have statistics of their
// own (one for the whole batch, or one a sample), channels into groups that share theirs.
//
//   y = act(gamma*xhat + beta), xhat = (x - mean) / sqrt(variance + epsilon), biased variance
//   dx = inv_std * (gamma*dz - mean(gamma*dz) - xhat*mean(gamma*dz*xhat)), means over set and group
//   dgamma = sum dz*xhat, dbeta = sum dz, dz = dy*act'
#pragma once

#include <span>
#include <string_view>

#include "engine/autograd/op.h"
#include "kernels/norm/norm.h"

namespace burin {

struct NormSets {
  std::string_view op;
  std::int64_t sets = 1;
  std::int64_t pixels = 0;  // of a set
  std::int64_t channels = 0;
  std::int64_t groups = 0;  // == channels: every channel by itself
  [[nodiscard]] std::int64_t count() const { return pixels * (channels / groups); }
};

// f64 [sets, channels] each; channels of a group hold the same numbers.
struct NormMoments {
  Tensor mean, variance;  // biased
};

// inputs: x [n,c,...], then vectors [c], absent where op allows it. Throws Error{op, expected,
// got}; also for an activation other than none, relu and leaky_relu.
[[nodiscard]] Shape infer_norm(const OpDef& op, std::span<const Shape> inputs,
                               const NormAttributes& attributes);

// x: channels last.
[[nodiscard]] NormMoments norm_moments(const Tensor& x, const NormSets& sets);

// y = act(gamma*xhat + beta) of x (channels last), with inputs 1 and 2 as gamma and beta: 1 and 0
// where they are absent. Saves what norm_backward reads.
[[nodiscard]] Tensor norm_forward(ForwardContext& context, const Tensor& x,
                                  const NormMoments& moments, const NormSets& sets);

// Gradients of inputs 0 (x), 1 (gamma) and 2 (beta), as far as wanted. inputs are kept.
void norm_backward(BackwardContext& context, const NormSets& sets);

}  // namespace burin

// What l1_loss and l2_loss share: the mean over all numbers of a distance d(x - t) that is even, so
// that both sides have the same gradient but for the sign.
#pragma once

#include <string_view>

#include "engine/autograd/op.h"
#include "kernels/elementwise/rows.h"

namespace burin {

// The sum of the distances.
using DistanceSum = double (*)(kernels::Extent, kernels::In a, kernels::In b) noexcept;
// out = factor * sign(a - b), or factor * (a - b).
using DistanceGradient = void (*)(kernels::Extent, kernels::In a, kernels::In b, kernels::Out,
                                  float factor) noexcept;

[[nodiscard]] Tensor distance_forward(std::string_view op, const ForwardContext& context,
                                      DistanceSum sum);
// dx = scale * dy / count * (sign(x - t), or x - t), dt = -dx.
void distance_backward(std::string_view op, BackwardContext& context, DistanceGradient gradient,
                       double scale);

}  // namespace burin

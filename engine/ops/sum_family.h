// What sum and mean share: a mean is a sum with a factor.
#pragma once

#include <span>
#include <string_view>

#include "engine/autograd/op.h"

namespace burin {

[[nodiscard]] Shape sum_infer(std::string_view op, std::span<const Shape> inputs,
                              const Attributes& attributes);
[[nodiscard]] DType sum_type(std::string_view op, std::span<const DType> inputs);
[[nodiscard]] Tensor sum_forward(const ForwardContext& context, bool mean);
void sum_backward(BackwardContext& context, bool mean);

}  // namespace burin

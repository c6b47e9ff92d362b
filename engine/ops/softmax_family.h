// What softmax and log_softmax share: they differ in one flag of the kernels.
#pragma once

#include <span>
#include <string_view>

#include "engine/autograd/op.h"

namespace burin {

[[nodiscard]] Shape softmax_infer(std::string_view op, std::span<const Shape> inputs,
                                  const Attributes& attributes);
[[nodiscard]] Tensor softmax_forward(const ForwardContext& context, bool logarithm);
void softmax_backward(BackwardContext& context, bool logarithm);

}  // namespace burin

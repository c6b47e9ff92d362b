// What the losses share.
#pragma once

#include <span>
#include <string_view>

#include "engine/autograd/op.h"

namespace burin {

// A rank 0 tensor.
[[nodiscard]] Tensor scalar(double value);

// infer of losses whose target has the prediction's shape. Throws Error{op, ...}.
[[nodiscard]] Shape pair_infer(std::string_view op, std::span<const Shape> inputs);

// Throws Error{op, ...} when the target wants a gradient that the loss does not define.
void require_fixed_target(std::string_view op, const BackwardContext& context);

}  // namespace burin

// What both convolution ops check, and the kernel shape that follows.
#pragma once

#include <span>

#include "engine/autograd/attributes.h"
#include "engine/tensor/shape.h"
#include "kernels/conv/conv.h"

namespace burin {

// inputs: x, weight, bias (rank 0 when absent). weight is [oc, c/groups, k...] for conv and
// [c, oc/groups, k...] for conv_transpose. Throws Error{op, expected, got}.
[[nodiscard]] Shape infer_conv(std::span<const Shape> inputs, const ConvAttributes& attributes);
[[nodiscard]] Shape infer_conv_transpose(std::span<const Shape> inputs,
                                         const ConvAttributes& attributes);

// Of conv: `large` is x and `small` y. Of conv_transpose: `large` is y and `small` x, since it is
// the data pass of a convolution that goes the other way.
[[nodiscard]] kernels::ConvShape conv_shape(const Shape& large, const Shape& small,
                                            const ConvAttributes& attributes);

}  // namespace burin

// Sums, differences and products of tensors whose sizes agree or are 1, and the way back: the sum
// of a gradient over the axes that were repeated.
#pragma once

#include <string_view>

#include "engine/autograd/attributes.h"
#include "engine/tensor/tensor.h"

namespace burin {

// Shape of the result. A scalar (rank 0) goes with everything, else ranks must be equal. Throws
// Error{op, ...}.
[[nodiscard]] Shape broadcast_shape(std::string_view op, const Shape& a, const Shape& b);

enum class Binary { add, subtract, multiply };

// act(a (op) b) of `shape` = broadcast_shape(a, b); an activation goes with add alone. Written to
// `target` (as in ForwardContext) where that is defined.
[[nodiscard]] Tensor combine(Binary op, const Shape& shape, const Tensor& a, const Tensor& b,
                             const ActivationAttributes& activation = {},
                             const Tensor& target = {});

// factor * x, repeated up to `shape`.
[[nodiscard]] Tensor expand(const Tensor& x, const Shape& shape, float factor);

// factor * the sum of x over `axes` (bit i: axis i), which stay as size 1. Partial sums of fixed
// blocks of pixels are added in double and in block order. Throws Error{op, ...} unless x is f32.
[[nodiscard]] Tensor reduce_axes(std::string_view op, const Tensor& x, unsigned axes, float factor);

// The sum of a gradient over the axes along which `target` was repeated; itself when the shapes are
// equal.
[[nodiscard]] Tensor reduce_to(const Tensor& gradient, const Shape& target);

}  // namespace burin

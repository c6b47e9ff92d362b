// Functions of two tensors whose sizes agree or are 1, and the way back: the sum of a gradient over
// the axes that were repeated.
#pragma once

#include <span>
#include <string_view>

#include "engine/autograd/attributes.h"
#include "engine/tensor/tensor.h"
#include "kernels/elementwise/binary.h"

namespace burin {

using kernels::Binary;

// Shape of the result: axes are aligned at the last one, missing ones count as 1. Throws
// Error{op, ...}.
[[nodiscard]] Shape broadcast_shape(std::string_view op, const Shape& a, const Shape& b);

// The one type of both operands. Throws Error{op, ...} when they differ or are no numbers.
[[nodiscard]] DType broadcast_type(std::string_view op, std::span<const DType> inputs);

// act(f(a, b)) of `shape` = broadcast_shape(a, b); an activation goes with f32 and add alone.
// Whole numbers wrap around; divisions are cut off, by 0 they give 0. Written to `target` (as in
// ForwardContext) where that is defined.
[[nodiscard]] Tensor combine(Binary function, const Shape& shape, const Tensor& a, const Tensor& b,
                             const ActivationAttributes& activation = {},
                             const Tensor& target = {});

// The same number by number: any type, any strides, no activation.
void combine_numbers(Binary function, const Tensor& a, const Tensor& b, const Tensor& y);

// factor * x, repeated up to `shape`.
[[nodiscard]] Tensor expand(const Tensor& x, const Shape& shape, float factor);

// factor * the sum of x over `axes` (bit i: axis i), which stay as size 1. Partial sums of fixed
// blocks of pixels are added in double and in block order. Throws Error{op, ...} unless x is f32.
[[nodiscard]] Tensor reduce_axes(std::string_view op, const Tensor& x, unsigned axes, float factor);

// The sum of a gradient over the axes along which `target` was repeated; itself when the shapes are
// equal.
[[nodiscard]] Tensor reduce_to(const Tensor& gradient, const Shape& target);

}  // namespace burin

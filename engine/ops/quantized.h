// Scales and zero points: one number, or one for each entry of an axis. What ops of bytes share.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/autograd/attributes.h"
#include "engine/ops/element_types.h"
#include "engine/tensor/tensor.h"

namespace burin {

using Bytes = Types<std::uint8_t, std::int8_t>;

// Throws Error{op, ...} unless `numbers` (a scale or a zero point) is one number or [entries].
void check_per_entry(std::string_view op, std::string_view role, const Shape& numbers,
                     std::int64_t entries);

// A view of them that is repeated to the rank of x along `axis`.
[[nodiscard]] Tensor along_axis(const Tensor& numbers, int rank, int axis);

// Of quantize and dequantize, inputs x, scale, zero: the axis that the scales stand for, 0 where
// there is one scale; the shape of the result. Throw Error{op, ...}.
[[nodiscard]] int scale_axis(std::string_view op, const Shape& x, const Shape& scale,
                             const QuantizeAttributes& attributes);
[[nodiscard]] Shape infer_scaled(std::string_view op, std::span<const Shape> inputs,
                                 const QuantizeAttributes& attributes);
// Throws Error{op, ...} unless there is no zero point, or one of this type.
void check_zero_type(std::string_view op, const Tensor& zero, DType wanted);

// i32, of two factors in bytes. Throws Error{op, ...}.
[[nodiscard]] DType integer_product_type(std::string_view op, std::span<const DType> inputs);

// Zero points as i32 in order, `entries` of them; zeros where there are none.
[[nodiscard]] std::vector<std::int32_t> zero_points(std::string_view op, const Tensor& zero,
                                                    std::int64_t entries);

}  // namespace burin

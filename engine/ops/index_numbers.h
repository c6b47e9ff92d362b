// Indices that come as numbers of a tensor.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tensor/tensor.h"

namespace burin {

// The numbers of an i32 or i64 tensor in logical order. Throws Error{op, ...} for another type.
[[nodiscard]] std::vector<std::int64_t> index_numbers(std::string_view op, const Tensor& indices);

// Where `index` stands in 0 .. size - 1; negative ones count from the end. Throws Error{op, ...}
// when it lies outside.
[[nodiscard]] std::int64_t index_in(std::string_view op, std::int64_t index, std::int64_t size);

// Product of the sizes of the axes from `axis` on.
[[nodiscard]] std::int64_t elements_from(const Shape& shape, int axis);

}  // namespace burin

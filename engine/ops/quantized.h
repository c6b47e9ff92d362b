// Scales and zero points: one number, or one for each entry of an axis.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tensor/tensor.h"

namespace burin {

// Throws Error{op, ...} unless `numbers` (a scale or a zero point) is one number or [entries].
void check_per_entry(std::string_view op, std::string_view role, const Shape& numbers,
                     std::int64_t entries);

// A view of them that is repeated to the rank of x along `axis`.
[[nodiscard]] Tensor along_axis(const Tensor& numbers, int rank, int axis);

// Zero points as i32 in order, `entries` of them; zeros where there are none.
[[nodiscard]] std::vector<std::int32_t> zero_points(std::string_view op, const Tensor& zero,
                                                    std::int64_t entries);

}  // namespace burin

// How much work a task gets.
#pragma once

#include <algorithm>
#include <cstdint>

namespace burin {

// Numbers of one task: 64 KiB for each f32 operand, so that two or three stay in L2, and far more
// work than handing it out.
inline constexpr std::int64_t task_numbers = std::int64_t{1} << 14;

// Rows of so many numbers that make up a task.
[[nodiscard]] constexpr std::int64_t rows_grain(std::int64_t row_numbers) noexcept {
  return std::max<std::int64_t>(1, task_numbers / std::max<std::int64_t>(1, row_numbers));
}

}  // namespace burin

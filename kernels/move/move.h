// Copies of rows, and the transpose between row-major and channels-last images. Any element type:
// sizes are in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu.h"

namespace burin::kernels {

struct MoveKernels {
  const char* name;
  Isa isa;
  // `rows` rows of `bytes` bytes; strides in bytes. Operands must not overlap.
  void (*copy)(std::int64_t rows, std::int64_t bytes, const void* from, std::int64_t from_stride,
               void* to, std::int64_t to_stride) noexcept;
  // Rows of `count` elements of `size` bytes (1, 2, 4, 8), each set to the element at `value`;
  // stride in bytes.
  void (*fill)(std::int64_t rows, std::int64_t count, std::size_t size, const void* value, void* to,
               std::int64_t to_stride) noexcept;
  // to[c*to_stride + r] = from[r*from_stride + c], r < rows, c < columns; elements of `size` bytes
  // (1, 2, 4, 8), strides in elements. Operands must not overlap.
  void (*transpose)(std::int64_t rows, std::int64_t columns, std::size_t size, const void* from,
                    std::int64_t from_stride, void* to, std::int64_t to_stride) noexcept;
};

[[nodiscard]] std::span<const MoveKernels* const> move_kernels() noexcept;
[[nodiscard]] const MoveKernels& move() noexcept;

}  // namespace burin::kernels

#include <cstring>

#include "kernels/move/tables.h"

namespace burin::kernels {
namespace {

void copy(std::int64_t rows, std::int64_t bytes, const void* from, std::int64_t from_stride,
          void* to, std::int64_t to_stride) noexcept {
  for (std::int64_t r = 0; r < rows; ++r)
    std::memcpy(static_cast<char*>(to) + r * to_stride,
                static_cast<const char*>(from) + r * from_stride, static_cast<std::size_t>(bytes));
}

void fill(std::int64_t rows, std::int64_t count, std::size_t size, const void* value, void* to,
          std::int64_t to_stride) noexcept {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t i = 0; i < count; ++i)
      std::memcpy(static_cast<char*>(to) + r * to_stride + i * static_cast<std::int64_t>(size),
                  value, size);
}

void transpose(std::int64_t rows, std::int64_t columns, std::size_t size, const void* from,
               std::int64_t from_stride, void* to, std::int64_t to_stride) noexcept {
  const auto width = static_cast<std::int64_t>(size);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      std::memcpy(static_cast<char*>(to) + (c * to_stride + r) * width,
                  static_cast<const char*>(from) + (r * from_stride + c) * width, size);
}

}  // namespace

constinit const MoveKernels move_reference{"move_reference", Isa::reference, copy, fill, transpose};

}  // namespace burin::kernels

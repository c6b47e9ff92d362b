// move.h over a level's own words. 4-byte elements and rows of whole 4-byte words go through
// vectors; the few other types through plain loops, which compilers turn into vectors where rows
// are long.
#pragma once

#include <cstring>

#include "kernels/move/move.h"

namespace burin::kernels {
namespace {

template <class Words>
struct MoveLoops {
  static constexpr int lanes = Words::lanes;

  static void copy_words(std::int64_t count, const float* from, float* to) {
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) Words::store(to + i, Words::load(from + i));
    const int left = static_cast<int>(count - i);
    if (left > 0) Words::store(to + i, Words::load(from + i, left), left);
  }

  // Rows of 256 bytes or more are left to the C library, which picks its own stores for long runs.
  static void copy(std::int64_t rows, std::int64_t bytes, const void* from,
                   std::int64_t from_stride, void* to, std::int64_t to_stride) noexcept {
    if (from_stride == bytes && to_stride == bytes) {
      bytes *= rows;
      rows = 1;
    }
    const auto* in = static_cast<const char*>(from);
    auto* out = static_cast<char*>(to);
    const bool words = bytes % 4 == 0 && bytes < 256;
    for (std::int64_t r = 0; r < rows; ++r, in += from_stride, out += to_stride) {
      if (words)
        copy_words(bytes / 4, reinterpret_cast<const float*>(in), reinterpret_cast<float*>(out));
      else
        std::memcpy(out, in, static_cast<std::size_t>(bytes));
    }
  }

  template <class E>
  static void fill_as(std::int64_t rows, std::int64_t count, const void* value, void* to,
                      std::int64_t to_stride) {
    E element;
    std::memcpy(&element, value, sizeof(E));
    auto* out = static_cast<char*>(to);
    for (std::int64_t r = 0; r < rows; ++r, out += to_stride)
      for (std::int64_t i = 0; i < count; ++i) reinterpret_cast<E*>(out)[i] = element;
  }
  static void fill(std::int64_t rows, std::int64_t count, std::size_t size, const void* value,
                   void* to, std::int64_t to_stride) noexcept {
    switch (size) {
      case 1:
        return fill_as<std::uint8_t>(rows, count, value, to, to_stride);
      case 2:
        return fill_as<std::uint16_t>(rows, count, value, to, to_stride);
      case 4:
        return fill_as<std::uint32_t>(rows, count, value, to, to_stride);
      default:
        return fill_as<std::uint64_t>(rows, count, value, to, to_stride);
    }
  }

  // Two rows that become pairs, as the channels of two groups that are shuffled do: compilers make
  // vectors of it.
  template <class E>
  static void interleave(std::int64_t count, const E* __restrict even, const E* __restrict odd,
                         E* __restrict to) {
    for (std::int64_t i = 0; i < count; ++i) {
      to[2 * i] = even[i];
      to[2 * i + 1] = odd[i];
    }
  }

  // Tiles of 16x16 elements: both sides touch at most 16 cache lines of 4-byte elements at a time.
  template <class E>
  static void transpose_as(std::int64_t rows, std::int64_t columns, const void* from,
                           std::int64_t from_stride, void* to, std::int64_t to_stride) {
    constexpr std::int64_t tile = 16;
    const auto* in = static_cast<const E*>(from);
    auto* out = static_cast<E*>(to);
    if (rows == 2 && to_stride == 2) return interleave(columns, in, in + from_stride, out);
    for (std::int64_t r0 = 0; r0 < rows; r0 += tile)
      for (std::int64_t c0 = 0; c0 < columns; c0 += tile) {
        const std::int64_t r1 = r0 + tile < rows ? r0 + tile : rows;
        const std::int64_t c1 = c0 + tile < columns ? c0 + tile : columns;
        for (std::int64_t c = c0; c < c1; ++c)
          for (std::int64_t r = r0; r < r1; ++r) out[c * to_stride + r] = in[r * from_stride + c];
      }
  }
  static void transpose(std::int64_t rows, std::int64_t columns, std::size_t size, const void* from,
                        std::int64_t from_stride, void* to, std::int64_t to_stride) noexcept {
    switch (size) {
      case 1:
        return transpose_as<std::uint8_t>(rows, columns, from, from_stride, to, to_stride);
      case 2:
        return transpose_as<std::uint16_t>(rows, columns, from, from_stride, to, to_stride);
      case 4:
        return transpose_as<std::uint32_t>(rows, columns, from, from_stride, to, to_stride);
      default:
        return transpose_as<std::uint64_t>(rows, columns, from, from_stride, to, to_stride);
    }
  }

  static constexpr MoveKernels table(const char* name, Isa isa) {
    return {name, isa, copy, fill, transpose};
  }
};

}  // namespace
}  // namespace burin::kernels

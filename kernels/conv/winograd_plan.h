// How a 3x3 convolution is cut for Winograd: tiles of the image and blocks of tiles. Everything
// follows from the shape.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv/conv.h"
#include "kernels/micro/parts.h"

namespace burin::kernels {
namespace {

// One pass as "source image -> target image", so that the data gradient is the same kernel.
struct WinogradPass {
  std::int64_t batch;
  int h, w;          // source
  int oh, ow;        // target
  int top, left;     // zeros before the source
  int depth, width;  // source channels, target channels
};

inline WinogradPass forward_pass(const ConvShape& s) noexcept {
  return {s.batch,        s.in[1],        s.in[2],       s.out(1),      s.out(2),
          s.pad_begin[1], s.pad_begin[2], s.in_channels, s.out_channels};
}

// dx is the convolution of dy with the kernel turned by 180 degrees and 2 - pad zeros around.
inline WinogradPass data_pass(const ConvShape& s) noexcept {
  return {s.batch,      s.out(1),           s.out(2),           s.in[1],
          s.in[2],      2 - s.pad_begin[1], 2 - s.pad_begin[2], s.out_channels,
          s.in_channels};
}

inline const char* winograd_refuse(const ConvShape& s) noexcept {
  if (const char* reason = refuse_other_types(s)) return reason;
  if (s.in[0] != 1 || s.kernel[0] != 1 || s.pad_begin[0] != 0 || s.pad_end[0] != 0)
    return "not two-dimensional";
  if (s.kernel[1] != 3 || s.kernel[2] != 3) return "kernel is not 3x3";
  if (s.groups != 1) return "grouped";
  for (std::size_t axis = 1; axis < 3; ++axis) {
    if (s.stride[axis] != 1) return "stride is not 1";
    if (s.dilation[axis] != 1) return "dilation is not 1";
    if (s.pad_begin[axis] < 0 || s.pad_begin[axis] > 2 || s.pad_end[axis] < 0 ||
        s.pad_end[axis] > 2)
      return "padding is not within 0..2";
  }
  return nullptr;
}

constexpr int round_up(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<int>(ceil_div(a, b) * b);
}

// A stride of an odd number of 64-byte lines visits every set of a cache.
constexpr std::int64_t odd_lines(std::int64_t floats) noexcept {
  return (ceil_div(floats, 16) | 1) * 16;
}

// Tiles are numbered down the columns of bands of `band` tile rows, image after image, so that a
// block of neighbours is about square and shares its borders.
struct WinogradTiles {
  int rows, columns;  // of one image
  std::int64_t count;
  std::int64_t blocks;  // even cuts of all tiles
  static constexpr int band = 4;

  struct Place {
    std::int64_t image;
    int row, column;
  };
  // Of a tile behind the last one: some place (its window is fetched in vain, never read).
  [[nodiscard]] Place place(std::int64_t tile) const noexcept {
    const std::int64_t per_image = std::int64_t{rows} * columns;
    const std::int64_t image = tile / per_image;
    const auto at = static_cast<int>(tile - image * per_image);
    const int first = at / (band * columns) * band;
    const int height = first + band <= rows ? band : rows - first;
    const int rest = at - first * columns;
    return {image, first + rest % height, rest / height};
  }

  struct Block {
    std::int64_t first;
    int tiles;
  };
  [[nodiscard]] Block block(std::int64_t index) const noexcept {
    const std::int64_t first = index * count / blocks;
    return {first, static_cast<int>((index + 1) * count / blocks - first)};
  }
  [[nodiscard]] int block_tiles() const noexcept {
    return static_cast<int>(ceil_div(count, blocks));
  }
};

// Tiles of m x m outputs in blocks of at most `largest`.
inline WinogradTiles tiles_of(const WinogradPass& p, int m, int largest) noexcept {
  const int rows = (p.oh + m - 1) / m, columns = (p.ow + m - 1) / m;
  const std::int64_t count = p.batch * rows * columns;
  return {rows, columns, count, at_least(1, ceil_div(count, largest))};
}

}  // namespace
}  // namespace burin::kernels

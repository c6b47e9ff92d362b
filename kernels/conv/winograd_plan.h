// How a convolution is cut for Winograd: passes, tiles of the image and blocks of tiles. Everything
// follows from the shape.
//
// A stride of 2 is taken by phases: along rows and along columns, every other pixel of the source
// (forward) or of the target (data) belongs to one phase, and a kernel of 4 points to 2 x 2 of each
// of the four. With a kernel that is 4 deep so does every other slice: eight phases. Phases of the
// source are as many source channels more, those of the target as many target channels.
//
// A dilation of e splits source and target alike into e x e grids of every e-th row and column,
// which see no other: so many images more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv/conv.h"
#include "kernels/micro/parts.h"

namespace burin::kernels {
namespace {

struct WinogradSize {
  int d, h, w;
};

// One pass as "source image -> target image", so that the data gradient is the same kernel: a
// convolution of dy with the kernel turned round. Output j of tile k and source pixel i of its
// window, along an axis and in phase b, are
//   target_step * (m k + j) + b - shift          source_step * (m k + i) + b - before
// along the depth with the slice steps. With a dilation, both steps are that and b is the place of
// the grid.
struct WinogradPass {
  std::int64_t batch;
  WinogradSize source, target;  // pixels
  WinogradSize outputs;         // of a phase, first to last
  WinogradSize before, shift;
  int source_step, target_step;              // along rows and columns
  int source_slice_step, target_slice_step;  // along the depth; 1 with a dilation
  int depth, width;                          // source channels, target channels
  int dilation;                              // of the plane

  [[nodiscard]] int grids() const noexcept { return dilation * dilation; }
  [[nodiscard]] int source_phases() const noexcept {
    return source_slice_step * source_step * source_step / grids();
  }
  [[nodiscard]] int target_phases() const noexcept {
    return target_slice_step * target_step * target_step / grids();
  }
  // Columns of M for the target channels of a phase: whole registers of so many lanes, but one for
  // all phases of a plane where that holds them, as the 3 channels of a picture four times.
  [[nodiscard]] int phase_columns(int lanes) const noexcept {
    const int phases = target_phases();
    if (target_slice_step == 1 && phases > 1 && width * phases <= lanes) return width;
    return static_cast<int>(ceil_div(width, lanes)) * lanes;
  }
};

// Pixels before the first of a phase or grid that has `step` between its rows and columns.
constexpr WinogradSize phase_offset(int phase, int step) noexcept {
  return {phase / (step * step), phase / step % step, phase % step};
}

inline WinogradPass forward_pass(const ConvShape& s) noexcept {
  const int e = s.dilation[1];
  return {s.batch,
          {s.in[0], s.in[1], s.in[2]},
          {s.out(0), s.out(1), s.out(2)},
          {s.out(0), (s.out(1) + e - 1) / e, (s.out(2) + e - 1) / e},
          {s.pad_begin[0], s.pad_begin[1], s.pad_begin[2]},
          {0, 0, 0},
          s.stride[1] * e,
          e,
          s.stride[0],
          1,
          s.in_channels,
          s.out_channels,
          e};
}

// Input i is in phase (i + pad) mod stride; its outputs are (i + pad) / stride and those before.
inline WinogradPass data_pass(const ConvShape& s) noexcept {
  const int e = s.dilation[1];
  const auto outputs = [&](std::size_t a) noexcept {
    const int all = (s.in[a] - 1 + s.pad_begin[a]) / s.stride[a] - s.pad_begin[a] / s.stride[a] + 1;
    return a == 0 ? all : (all + e - 1) / e;
  };
  const auto before = [&](std::size_t a) noexcept {
    return (s.kernel[a] / s.stride[a] - 1) * s.dilation[a] - s.pad_begin[a] / s.stride[a];
  };
  const auto shift = [&](std::size_t a) noexcept { return s.pad_begin[a] % s.stride[a]; };
  return {s.batch,
          {s.out(0), s.out(1), s.out(2)},
          {s.in[0], s.in[1], s.in[2]},
          {outputs(0), outputs(1), outputs(2)},
          {before(0), before(1), before(2)},
          {shift(0), shift(1), shift(2)},
          e,
          s.stride[1] * e,
          1,
          s.stride[0],
          s.out_channels,
          s.in_channels,
          e};
}

// D and F: forms of the depth and of the plane; `step`: stride of the plane, and of a depth.
template <class D, class F, int step>
const char* winograd_refuse(const ConvShape& s) noexcept {
  constexpr int slice_step = D::taps == 1 ? 1 : step;
  if (s.kernel[0] != slice_step * D::taps) {
    if (D::taps == 1) return "kernel has a depth";
    return slice_step == 1 ? "kernel is not 3 deep" : "kernel is not 4 deep";
  }
  if (s.kernel[1] != step * F::taps || s.kernel[2] != step * F::taps)
    return step == 1 ? "kernel is not 3x3" : "kernel is not 4x4";
  if (s.groups != 1) return "grouped";
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const int largest = (s.kernel[axis] - 1) * s.dilation[axis],
              stride = axis == 0 ? slice_step : step;
    if (s.stride[axis] != stride) return stride == 1 ? "stride is not 1" : "stride is not 2";
    if (s.dilation[axis] != 1 && (axis == 0 || step > 1 || D::taps > 1)) return "dilation is not 1";
    if (s.pad_begin[axis] % s.dilation[axis] != 0) return "padding is no multiple of the dilation";
    if (s.pad_begin[axis] < 0 || s.pad_begin[axis] > largest || s.pad_end[axis] < 0 ||
        s.pad_end[axis] > largest)
      return "padding reaches the kernel's size";
  }
  return s.dilation[1] == s.dilation[2] ? nullptr : "dilations differ";
}

constexpr int round_up(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<int>(ceil_div(a, b) * b);
}

// A stride of an odd number of 64-byte lines visits every set of a cache.
template <class Number>
constexpr std::int64_t odd_lines(std::int64_t numbers) noexcept {
  constexpr std::int64_t line = 64 / sizeof(Number);
  return (ceil_div(numbers, line) | 1) * line;
}

// Tiles are numbered row by row, so that a block reads few rows, each in one run, and neighbours
// share what winograd_rows.h makes of them.
struct WinogradTiles {
  int slices, rows, columns;  // of one grid
  int grids;                  // of an image
  std::int64_t count;
  std::int64_t blocks;  // even cuts of all tiles

  struct Place {
    std::int64_t image;
    int grid, slice, row, column;
  };
  [[nodiscard]] Place place(std::int64_t tile) const noexcept {
    const int plane = rows * columns;
    const std::int64_t per_grid = std::int64_t{slices} * plane;
    const std::int64_t all = tile / per_grid;
    const auto at = static_cast<int>(tile - all * per_grid);
    const int in_plane = at % plane;
    return {all / grids, static_cast<int>(all % grids), at / plane, in_plane / columns,
            in_plane % columns};
  }

  struct Block {
    std::int64_t first;
    int tiles;
  };
  [[nodiscard]] Block block(std::int64_t index) const noexcept {
    const std::int64_t first = index * count / blocks;
    return {first, static_cast<int>((index + 1) * count / blocks - first)};
  }
  // f(place of a tile, its number in the block, tiles from it to the right) for the rows of a
  // block, in pieces of at most `most` tiles.
  template <class F>
  void each_row(const Block& block, int most, const F& f) const noexcept {
    for (int tile = 0, count = 0; tile < block.tiles; tile += count) {
      const Place at = place(block.first + tile);
      const int left = block.tiles - tile, beside = columns - at.column;
      count = left < beside ? left : beside;
      if (count > most) count = most;
      f(at, tile, count);
    }
  }
  [[nodiscard]] int block_tiles() const noexcept {
    return static_cast<int>(ceil_div(count, blocks));
  }
};

// Tiles of the forms' outputs in blocks of at most `largest`.
template <class D, class F>
WinogradTiles tiles_of(const WinogradPass& p, int largest) noexcept {
  const auto tiles = [](int outputs, int m) noexcept { return (outputs + m - 1) / m; };
  const int slices = tiles(p.outputs.d, D::m), rows = tiles(p.outputs.h, F::m),
            columns = tiles(p.outputs.w, F::m);
  const std::int64_t count = p.batch * p.grids() * slices * rows * columns;
  return {slices, rows, columns, p.grids(), count, at_least(1, ceil_div(count, largest))};
}

}  // namespace
}  // namespace burin::kernels

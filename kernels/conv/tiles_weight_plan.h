// How a weight gradient on tiles is cut. By the shape alone.
//
//   dw[oc][c][t] = sum over p of dy[p][oc] * x[p + t][c]
//
// Pixels are the depth of the products. Those of a strip of dy (a row; of narrow or 3-D images some
// rows of a plane) lie in one run of lines of `pitch` pixels, zeros between the rows, and the
// staged x has lines of that pitch too: a kernel point is then one shift for all pixels of a run,
// and no width wastes the end of a tile. Sub-images (tiles_plan.h) make strides into shifts.
//
//   x   [channel tile][hi, lo][even, odd][slot][sub-image][pair of pixels][16 channels x 2]
//   dy  [channel tile][hi, lo][strip][32 pixels] tiles of 16 channels x 32 pixels
//
// Pairs begin at even pixels or, for odd shifts, at odd ones. Strips follow each other along the
// outer axis; the x of the next one is staged into the slot that is no longer needed.
//
// A task is a range of input and of output channels, whose sums of all kernel points stay in L2,
// and a part of the strips.
#pragma once

#include "kernels/conv/tiles_plan.h"

namespace burin::kernels {
namespace {

struct TilesWeightPlan {
  static constexpr std::int64_t task_bytes = 1600 * 1024;    // of staged pixels and sums, in L2
  static constexpr std::int64_t partial_bytes = 32ll << 20;  // all partial sums together
  static constexpr std::int64_t wanted_tasks = 16;
  static constexpr int steps_wanted = 16;  // of 32 pixels between load and store of a sum

  ConvShape shape;  // as TilesPlan::flattened() makes it
  int planes;       // 2: hi and lo
  int c, oc;        // of a group
  int c_tiles, o_tiles, taps;
  DirectAxis axis[3];
  TilesAxis staged[3];
  int outer;           // the axis along which strips follow each other: d, or h for strips of a row
  int positions[3];    // of dy
  int pitch;           // pixels of a line, even
  int rows;            // of dy in a strip
  std::int64_t bands;  // strips side by side: of axis h where that is not the outer one
  int lines;           // of x in a slot
  int chunks;          // of 32 pixels in a strip
  int length;          // strips of a window: what is multiplied between load and store of a sum
  int slots;           // strips of x that are staged at once
  int parities;        // 2: some shift is odd
  std::int64_t sub_pairs;  // of a sub-image of a slot, with what the end of a run reads beyond it
  std::int64_t c_ranges, o_ranges, partials;

  TilesWeightPlan(const ConvShape& s, bool split) noexcept
      : shape(TilesPlan::flattened(s)),
        planes(split ? 2 : 1),
        c(s.in_channels / s.groups),
        oc(s.out_channels / s.groups),
        c_tiles(static_cast<int>(ceil_div(c, tile_channels))),
        o_tiles(static_cast<int>(ceil_div(oc, tile_channels))),
        taps(static_cast<int>(s.taps())) {
    for (int i = 0; i < 3; ++i) {
      axis[i] = direct_axis(shape, i, true);
      staged[i] = tiles_axis(axis[i]);
      positions[i] = axis[i].target;
    }
    pitch = (positions[2] + staged[2].extra + 1) / 2 * 2;
    parities = 1;
    for (int k = 0; k < axis[2].kernel; ++k)
      if (axis[2].dilation * k / staged[2].step % 2 != 0) parities = 2;
    cut_strips();
    cut_channels();
    const std::int64_t all = groups() * c_ranges * o_ranges;
    const std::int64_t by_memory = partial_bytes / (all * sums_bytes());
    partials = at_least(1, at_most(at_most(ceil_div(wanted_tasks, all), by_memory), strips()));
  }

  [[nodiscard]] std::int64_t groups() const noexcept { return shape.groups; }
  [[nodiscard]] std::int64_t strips() const noexcept {
    return shape.batch * bands * positions[outer];
  }
  [[nodiscard]] int extra() const noexcept { return staged[outer].extra; }
  [[nodiscard]] int subs() const noexcept {
    return staged[0].subs * staged[1].subs * staged[2].subs;
  }
  // Channel tiles of the widest range.
  [[nodiscard]] std::int64_t c_most() const noexcept { return ceil_div(c_tiles, c_ranges); }
  [[nodiscard]] std::int64_t o_most() const noexcept { return ceil_div(o_tiles, o_ranges); }

  // Of a slot: odd lines, here and below, so that these do not share the sets of a cache.
  [[nodiscard]] std::int64_t slot_bytes() const noexcept { return (subs() * sub_pairs | 1) * 64; }
  // Of a channel tile of x, hi or lo, even or odd; and of dy.
  [[nodiscard]] std::int64_t x_plane() const noexcept { return slots * slot_bytes(); }
  [[nodiscard]] std::int64_t dy_plane() const noexcept {
    return std::int64_t{length} * chunks * tile_bytes + 64;
  }
  [[nodiscard]] std::int64_t x_bytes() const noexcept {
    return c_most() * planes * parities * x_plane();
  }
  [[nodiscard]] std::int64_t dy_bytes() const noexcept { return o_most() * planes * dy_plane(); }
  // [pair of channel tiles of dy][channel tile of x][kernel point][2] tiles
  [[nodiscard]] std::int64_t sums_bytes() const noexcept {
    return ceil_div(o_most(), 2) * c_most() * taps * 2 * tile_bytes;
  }
  // Floats before those of a channel tile of dy and a kernel point, counted through the channel
  // tiles of x.
  [[nodiscard]] std::int64_t sum_at(std::int64_t o, std::int64_t point) const noexcept {
    return ((o / 2 * c_most() * taps + point) * 2 + o % 2) * (tile_bytes / 4);
  }
  [[nodiscard]] std::int64_t tasks() const noexcept {
    return groups() * c_ranges * o_ranges * partials;
  }

 private:
  void cut_strips() noexcept {
    const int width = positions[2];
    const bool flat = axis[0].target == 1 && axis[0].source == 1 && axis[0].kernel == 1;
    const std::int64_t by_rows = ceil_div(width, tile_depth) * tile_depth;
    outer = flat && by_rows * 10 <= std::int64_t{pitch} * 11 ? 1 : 0;
    rows = 1;
    bands = 1;
    if (outer == 0) {
      const std::int64_t pixels = std::int64_t{positions[1]} * pitch;
      bands = at_least(1, at_most(positions[1], (pixels + 256) / (steps_wanted * tile_depth)));
      rows = static_cast<int>(ceil_div(positions[1], bands));
    }
    lines = outer == 0 ? rows + staged[1].extra : 1;
    const std::int64_t run = std::int64_t{rows - 1} * pitch + width;
    chunks = static_cast<int>(ceil_div(run, tile_depth));
    length = static_cast<int>(at_least(
        1, at_most(positions[outer] * (extra() > 0 ? 1 : shape.batch), steps_wanted / chunks)));
    slots = length + extra();
    const std::int64_t shift =
        (outer == 0 ? std::int64_t{staged[1].extra} * pitch : 0) + staged[2].extra;
    sub_pairs = 1 + at_least(std::int64_t{lines} * pitch / 2,
                             std::int64_t{chunks} * tile_depth / 2 + shift / 2);
  }
  // Ranges of channels, the wider one cut first.
  void cut_channels() noexcept {
    c_ranges = o_ranges = 1;
    while (x_bytes() + dy_bytes() + sums_bytes() > task_bytes && c_most() * o_most() > 1) {
      if (c_most() >= o_most())
        c_ranges = ceil_div(c_tiles, c_most() - 1);
      else
        o_ranges = ceil_div(o_tiles, o_most() - 1);
    }
  }
};

}  // namespace
}  // namespace burin::kernels

// How the direct weight gradient cuts its work: by the shape alone, so that the order of every sum
// is the same for any number of threads.
//
//   task   one partial sum of some output channels (blocks of nr) x some input channels, one group
//   chunk  output rows whose packed pixels stay in L2
//
// Few input channels (the first layer of a network) would leave most rows of a tile empty. Then a
// whole row of the kernel is folded in: row kw*c + i of the tile is channel i under tap column kw.
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/micro/parts.h"
#include "kernels/micro/tile_call.h"

namespace burin::kernels {
namespace {

template <class V>
struct WeightPlan {
  static constexpr int mr = Tiles<V>::mr, nr = Tiles<V>::nr;
  static constexpr int pitch = V::lanes;  // floats of a tile's channels of one pixel
  static constexpr std::int64_t chunk_bytes = 640 * 1024;    // of packed x and dy, in L2
  static constexpr std::int64_t partial_bytes = 32ll << 20;  // all partial sums together
  static constexpr std::int64_t most_channels = 256;         // of x and of dy in a task
  static constexpr std::int64_t wanted_tasks = 16, good_pixels = 192, least_pixels = 64;
  static constexpr std::int64_t most_chunk_rows = 512;
  static constexpr std::int64_t gather_floats = 4096;  // of dw, in L1

  std::int64_t fold;    // tap columns folded into channels: 1 or the kernel's width
  std::int64_t c, oc;   // of one group; c counts folded rows
  std::int64_t ranges;  // of input channels
  std::int64_t blocks;  // of output channels, nr each
  std::int64_t sets;    // of blocks
  std::int64_t rows;    // output rows of the batch
  std::int64_t partials;
  std::int64_t chunk;    // output rows at a time
  std::int64_t columns;  // of a packed row of x
  std::int64_t taps;     // not counting folded ones
  std::int64_t slab;     // floats of a block of a partial sum: [tap][c][nr]

  explicit WeightPlan(const ConvShape& s) noexcept {
    const std::int64_t channels = s.in_channels / s.groups;
    fold = channels * s.kernel[2] <= mr ? s.kernel[2] : 1;
    c = channels * fold;
    taps = s.taps() / fold;
    oc = s.out_channels / s.groups;
    ranges = ceil_div(c, most_channels);
    blocks = ceil_div(oc, nr);
    rows = s.batch * s.out(0) * s.out(1);
    columns = fold > 1 ? s.out(2) : s.in[2];
    slab = taps * c * nr;

    // Partial sums are the cheapest way to more tasks, as long as each has pixels enough; more sets
    // pack x more often.
    sets = ceil_div(oc, most_channels);
    const std::int64_t pixels = rows * s.out(2), tasks = s.groups * ranges;
    const std::int64_t by_memory = partial_bytes / (4 * slab * blocks * s.groups);
    partials = part_limit(wanted_tasks, by_memory, pixels / good_pixels);
    sets = at_least(sets, at_most(blocks, ceil_div(wanted_tasks, tasks * partials)));
    if (tasks * sets * partials < wanted_tasks)
      partials = part_limit(ceil_div(wanted_tasks, tasks * sets), by_memory, pixels / least_pixels);
    partials = at_most(partials, rows);

    const std::int64_t row_bytes =
        4 * (columns * packed_x_pixel() + s.out(2) * ceil_div(blocks, sets) * nr);
    chunk = at_least(1, at_most(chunk_bytes / row_bytes, most_chunk_rows));
    const std::int64_t partial_rows = ceil_div(rows, partials);
    chunk = ceil_div(partial_rows, ceil_div(partial_rows, chunk));
  }

  // Floats of a packed pixel of x: one register for each tile of the widest range.
  [[nodiscard]] std::int64_t packed_x_pixel() const noexcept {
    return ceil_div(ceil_div(c, ranges), mr) * pitch;
  }
  // Packed columns of a block of `channels` output channels.
  static int block_width(std::int64_t channels, std::int64_t block) noexcept {
    return Tiles<V>::width(static_cast<int>(at_most(nr, channels - block * nr)));
  }
  // Input channels, not folded, of a task of stage 1.
  [[nodiscard]] std::int64_t gathered_channels(const ConvShape& s) const noexcept {
    return at_least(1, at_most(c / fold, gather_floats / (nr * s.taps())));
  }

 private:
  static std::int64_t part_limit(std::int64_t wanted, std::int64_t a, std::int64_t b) noexcept {
    return at_least(1, at_most(wanted, at_most(a, b)));
  }
};

}  // namespace
}  // namespace burin::kernels

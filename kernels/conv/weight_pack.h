// Packing for the direct weight gradient: what a tile reads in one step lies together, one register
// of x and two of dy for each pixel.
//
//   x   [tile of channels][row][column][pitch]   zero behind the last channel of a tile
//   dy  [block][row][column][nr]                 zero behind the last channel
//
// Read where it lies, a pixel's 14 channels would be one or two cache lines far from the next
// pixel's, and with 1024 channels all of them would share a few sets of the cache.
#pragma once

#include "kernels/conv/weight_plan.h"

namespace burin::kernels {
namespace {

// Output columns [first, last) of which input column o*stride + shift exists.
struct WeightColumns {
  std::int64_t first, last, shift;

  WeightColumns(const ConvShape& s, int kw) noexcept
      : shift(std::int64_t{kw} * s.dilation[2] - s.pad_begin[2]) {
    const std::int64_t step = s.stride[2], end = s.in[2] - shift;  // o*step < end
    first = at_most(s.out(2), shift < 0 ? ceil_div(-shift, step) : 0);
    last = at_least(first, end > 0 ? at_most(s.out(2), ceil_div(end, step)) : 0);
  }
};

template <class V>
struct WeightPack {
  using Plan = WeightPlan<V>;

  // One row of the image: from[column][channel] of `channels` channels. `tile` floats lie between
  // the tiles of the target.
  static void x_row(const float* from, std::int64_t pixel, std::int64_t columns,
                    std::int64_t channels, float* to, std::int64_t tile) noexcept {
    const std::int64_t tiles = ceil_div(channels, Plan::mr);
    for (std::int64_t h = 0; h < tiles; ++h) {
      const std::int64_t first = part_first(channels, tiles, h);
      const auto height = static_cast<int>(part_first(channels, tiles, h + 1) - first);
      const float* p = from + first;
      float* q = to + h * tile;
      for (std::int64_t i = 0; i < columns; ++i, p += pixel, q += Plan::pitch)
        V::store(q, V::load(p, height));
    }
  }

  // The same with tap columns as rows of the only tile; columns count on the output.
  static void folded_x_row(const ConvShape& s, const float* from, std::int64_t pixel,
                           float* to) noexcept {
    const int channels = s.in_channels / s.groups;
    for (std::int64_t i = 0; i < s.out(2); ++i) V::store(to + i * Plan::pitch, V::zero());
    for (int kw = 0; kw < s.kernel[2]; ++kw) {
      const WeightColumns span(s, kw);
      for (std::int64_t i = span.first; i < span.last; ++i) {
        const float* p = from + (i * s.stride[2] + span.shift) * pixel;
        for (int c = 0; c < channels; ++c) to[i * Plan::pitch + kw * channels + c] = p[c];
      }
    }
  }

  // Row `row` of dy, `channels` channels; `block` floats lie between the blocks of the target.
  static void dy_row(const float* from, std::int64_t pixel, std::int64_t columns,
                     std::int64_t channels, float* to, std::int64_t block,
                     std::int64_t row) noexcept {
    for (std::int64_t first = 0; first < channels; first += V::lanes) {
      const auto count = static_cast<int>(at_most(V::lanes, channels - first));
      const std::int64_t at_block = first / Plan::nr;
      const int width = Plan::block_width(channels, at_block);
      const float* p = from + first;
      float* q = to + at_block * block + row * columns * width + first % Plan::nr;
      for (std::int64_t i = 0; i < columns; ++i, p += pixel, q += width)
        V::store(q, count == V::lanes ? V::load(p) : V::load(p, count));
    }
  }
};

}  // namespace
}  // namespace burin::kernels

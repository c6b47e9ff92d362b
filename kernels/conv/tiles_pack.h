// Weights of a pass for tiles: [group][phase][block of 32 target channels][source channel block][tap]
// [lo, hi][channel tile of 16] tiles of 16 rows of 16 pairs, in bf16. A task is a block of a group.
#pragma once

#include "kernels/bf16.h"
#include "kernels/conv/tiles_plan.h"

namespace burin::kernels {
namespace {

// Weights as they are given: those of a target channel and a source channel, kernel points together,
// lie so many numbers from the next.
struct TilesWeights {
  const float* numbers;
  std::int64_t column_step, channel_step;

  [[nodiscard]] static TilesWeights of(const TilesPlan& p, const float* numbers) noexcept {
    const std::int64_t taps = p.shape.taps();
    if (p.forward) return {numbers, p.depth * taps, taps};
    return {numbers, taps, p.columns * taps};
  }
};

class TilesPack {
 public:
  TilesPack(const TilesPlan& plan, const TilesWeights& weights, void* packed) noexcept
      : p_(plan), w_(weights), packed_(static_cast<std::byte*>(packed)), taps_(plan.shape.taps()) {
    while (at_once_ > 2 && at_once_ * taps_ > most_rows / 2) at_once_ /= 2;
  }

  void task(std::int64_t index) noexcept {
    const std::int64_t group = index / p_.o_blocks;
    const auto block = static_cast<int>(index % p_.o_blocks);
    const float* from = w_.numbers + group * p_.depth * p_.columns * taps_;
    std::byte* const to = packed_ + group * p_.group_bytes();
    const int first = block * 2 * tile_channels, tiles = p_.block_tiles(block);
    place_taps(block);
    for (int cb = 0; cb < p_.c_blocks; ++cb)
      for (int n = 0; n < tiles; ++n)
        for (int k = 0; k < tile_depth; k += at_once_) {
          gather(from, cb * tile_depth + k, first + n * tile_channels);
          store(to + n * tile_bytes + k / 2 * 64, cb, std::int64_t{tiles} * tile_bytes);
        }
  }

 private:
  // Where each kernel point's step begins, and the bytes from a source channel block to the next.
  void place_taps(int block) noexcept {
    const std::int64_t step = std::int64_t{p_.w_planes} * p_.block_tiles(block) * tile_bytes;
    for (std::int64_t t = 0; t < taps_; ++t) at_[t] = -1;
    std::int64_t before = 0;
    for (int rd = 0; rd < p_.axis[0].phases(); ++rd)
      for (int rh = 0; rh < p_.axis[1].phases(); ++rh)
        for (int rw = 0; rw < p_.axis[2].phases(); ++rw) {
          const AxisPhase d = p_.axis[0].phase(rd), h = p_.axis[1].phase(rh),
                          w = p_.axis[2].phase(rw);
          const std::int64_t taps = std::int64_t{d.taps} * h.taps * w.taps;
          for (std::int64_t k = 0; k < taps; ++k) {
            const std::int64_t kd = d.kernel_first + k / w.taps / h.taps * d.kernel_step,
                               kh = h.kernel_first + k / w.taps % h.taps * h.kernel_step,
                               kw = w.kernel_first + k % w.taps * w.kernel_step;
            const std::int64_t point = (kd * p_.axis[1].kernel + kh) * p_.axis[2].kernel + kw;
            at_[point] = p_.packed_at(before, taps, block) + k * step;
            c_step_[point] = taps * step;
          }
          before += taps;
        }
  }

  // rows_ of at_once_ source channels from `channel` on, target channels from `column` on; zeros
  // where there are none. Reads as the weights lie.
  void gather(const float* from, int channel, int column) noexcept {
    const std::int64_t channels = at_most(at_once_, p_.depth - channel),
                       columns = at_most(tile_channels, p_.columns - column);
    if (channels < at_once_ || columns < tile_channels)
      for (std::int64_t i = 0; i < at_once_ * taps_; ++i)
        for (float& number : rows_[i]) number = 0;
    from += column * w_.column_step + channel * w_.channel_step;
    if (w_.channel_step == taps_) {
      for (std::int64_t n = 0; n < columns; ++n) spread(from + n * w_.column_step, n, 0, channels);
      return;
    }
    for (std::int64_t k = 0; k < channels; ++k) {
      const float* x = from + k * w_.channel_step;
      if (taps_ == 1 && w_.column_step == 1)
        for (std::int64_t n = 0; n < columns; ++n) rows_[k][n] = x[n];
      else
        for (std::int64_t n = 0; n < columns; ++n) spread(x + n * w_.column_step, n, k, 1);
    }
  }
  // The kernel points of neighbouring source channels.
  void spread(const float* x, std::int64_t column, std::int64_t channel,
              std::int64_t channels) noexcept {
    for (std::int64_t i = 0; i < channels * taps_; ++i) rows_[channel * taps_ + i][column] = x[i];
  }

  void store(std::byte* to, int channel_block, std::int64_t plane) const noexcept {
    for (std::int64_t t = 0; t < taps_; ++t)
      if (at_[t] >= 0)
        for (int k = 0; k < at_once_; k += 2)
          store_pairs(rows_[k * taps_ + t], rows_[(k + 1) * taps_ + t],
                      to + at_[t] + channel_block * c_step_[t] + k / 2 * 64, plane);
  }
  void store_pairs(const float* even, const float* odd, std::byte* to,
                   std::int64_t plane) const noexcept {
    std::uint32_t high[tile_channels], low[tile_channels];
    for (int n = 0; n < tile_channels; ++n) {
      const std::uint16_t a = round_bf16(even[n]), b = round_bf16(odd[n]);
      high[n] = std::uint32_t{b} << 16 | a;
      low[n] = std::uint32_t{round_bf16(odd[n] - widen_bf16(b))} << 16 |
               round_bf16(even[n] - widen_bf16(a));
    }
    if (p_.w_planes == 2) {
      __builtin_memcpy(to, low, sizeof(low));
      to += plane;
    }
    __builtin_memcpy(to, high, sizeof(high));
  }

  static constexpr std::int64_t most_rows = 2 * TilesPlan::max_taps;

  const TilesPlan& p_;
  TilesWeights w_;
  std::byte* packed_;
  std::int64_t taps_;
  int at_once_ = tile_depth;  // source channels, whose rows are gathered in 64 KiB at most
  alignas(64) float rows_[most_rows][tile_channels];  // [source channel][tap][target channel]
  std::int64_t at_[TilesPlan::max_taps], c_step_[TilesPlan::max_taps];
};

}  // namespace
}  // namespace burin::kernels

// Weights of a pass for tiles: [group][phase][block of 32 target channels][source channel block][tap]
// [lo, hi][channel tile of 16] tiles of 16 rows of 16 pairs, in bf16. A task is a block of a group.
#pragma once

#include "kernels/conv/tiles_plan.h"
#include "kernels/tiles/round.h"

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
      : p_(plan), w_(weights), packed_(static_cast<std::byte*>(packed)) {}

  void task(std::int64_t index) noexcept {
    const std::int64_t group = index / p_.o_blocks;
    const auto block = static_cast<int>(index % p_.o_blocks);
    const std::int64_t taps = p_.shape.taps();
    const float* from = w_.numbers + group * p_.depth * p_.columns * taps;
    const int first = block * 2 * tile_channels;
    place_taps(block);
    std::byte* to = packed_ + group * p_.group_bytes();
    for (int cb = 0; cb < p_.c_blocks; ++cb)
      for (int n = 0; n < p_.block_tiles(block) * tile_channels; ++n)
        for (int k = 0; k < tile_depth; ++k) {
          const int c = cb * tile_depth + k;
          const bool inside = c < p_.depth && first + n < p_.columns;
          const float* x = from + (first + n) * w_.column_step + c * w_.channel_step;
          const std::int64_t at =
              n / tile_channels * tile_bytes + k / 2 * 64 + n % tile_channels * 4 + k % 2 * 2;
          for (std::int64_t t = 0; t < taps; ++t)
            if (at_[t] >= 0)
              store(to + at_[t] + cb * c_step_[t] + at, inside ? x[t] : 0.0f,
                    p_.block_tiles(block) * tile_bytes);
        }
  }

 private:
  // Where each kernel point's step begins, and the bytes from a source channel block to the next.
  void place_taps(int block) noexcept {
    const std::int64_t step = std::int64_t{p_.w_planes} * p_.block_tiles(block) * tile_bytes;
    for (std::int64_t t = 0; t < p_.shape.taps(); ++t) at_[t] = -1;
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

  void store(std::byte* to, float value, std::int64_t plane) const noexcept {
    const std::uint16_t high = round_bf16(value);
    if (p_.w_planes == 1) {
      put(to, high);
      return;
    }
    put(to, round_bf16(value - widen_bf16(high)));
    put(to + plane, high);
  }
  static void put(std::byte* to, std::uint16_t value) noexcept {
    __builtin_memcpy(to, &value, sizeof(value));
  }

  const TilesPlan& p_;
  TilesWeights w_;
  std::byte* packed_;
  std::int64_t at_[TilesPlan::max_taps], c_step_[TilesPlan::max_taps];
};

}  // namespace
}  // namespace burin::kernels

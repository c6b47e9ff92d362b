// Weights of a direct pass: [group][chunk][phase][block of columns][tap][source channel][column],
// columns padded with zeros; of pairs, [source channel / 2][column][2]. A task is a block of a
// group.
#pragma once

#include "kernels/bf16.h"
#include "kernels/conv/direct_plan.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

// Kernel points of all phases in packed order: where the point's weights begin in a block of chunk
// q.
struct TapPlaces {
  std::int64_t at[direct_max_taps];  // by kernel point

  TapPlaces(const DirectPlan& plan, std::int64_t q, std::int64_t b) noexcept {
    const std::int64_t channels = plan.chunk_first(q + 1) - plan.chunk_first(q);
    const std::int64_t step = channels * plan.block_width(b);
    std::int64_t before = 0;
    for (int rd = 0; rd < plan.axis[0].phases(); ++rd)
      for (int rh = 0; rh < plan.axis[1].phases(); ++rh)
        for (int rw = 0; rw < plan.axis[2].phases(); ++rw) {
          const AxisPhase p[3] = {plan.axis[0].phase(rd), plan.axis[1].phase(rh),
                                  plan.axis[2].phase(rw)};
          const std::int64_t taps = std::int64_t{p[0].taps} * p[1].taps * p[2].taps;
          for (std::int64_t k = 0; k < taps; ++k)
            at[point(plan, p, k)] = plan.packed_at(q, before, taps, b) + k * step;
          before += taps;
        }
  }

 private:
  // The kernel point of tap k of a phase, d outermost.
  static std::int64_t point(const DirectPlan& plan, const AxisPhase (&p)[3],
                            std::int64_t k) noexcept {
    const std::int64_t w = k % p[2].taps, h = k / p[2].taps % p[1].taps,
                       d = k / p[2].taps / p[1].taps;
    const std::int64_t kd = p[0].kernel_first + d * p[0].kernel_step,
                       kh = p[1].kernel_first + h * p[1].kernel_step,
                       kw = p[2].kernel_first + w * p[2].kernel_step;
    return (kd * plan.axis[1].kernel + kh) * plan.axis[2].kernel + kw;
  }
};

// Channels [first, last) of one block, for columns that lie column_step apart in w.
template <int pair, class Number>
void pack_channels(const DirectPlan& plan, const TapPlaces& places, const float* w, std::int64_t b,
                   std::int64_t chunk, std::int64_t first, std::int64_t last,
                   Number* packed) noexcept {
  const int width = plan.block_width(b), used = plan.block_columns(b), taps = plan.taps;
  const std::int64_t column_step = plan.forward ? std::int64_t{plan.depth} * taps : taps;
  const std::int64_t channel_step = plan.forward ? taps : std::int64_t{plan.columns} * taps;
  for (int n = 0; n < width; ++n)
    for (std::int64_t c = first; c < last; ++c) {
      const float* from = w + (b * plan.nr + n) * column_step + c * channel_step;
      Number* to = packed + packed_place<pair>(c - chunk, n, width);
      for (int t = 0; t < taps; ++t) set_number(to[places.at[t]], n < used ? from[t] : 0.0f);
    }
}

template <int pair, class Number>
void pack_direct(const DirectPlan& plan, const float* weights, Number* packed, std::int64_t first,
                 std::int64_t last) noexcept {
  constexpr std::int64_t at_once = 16;  // channels: reads and writes of a block of them stay in L1
  for (std::int64_t task = first; task < last; ++task) {
    const std::int64_t group = task / plan.blocks, b = task % plan.blocks;
    const float* w = weights + group * plan.depth * plan.columns * plan.taps;
    Number* to = packed + group * plan.group_numbers();
    for (std::int64_t q = 0; q < plan.chunks; ++q) {
      const TapPlaces places(plan, q, b);
      const std::int64_t begin = plan.chunk_first(q), end = plan.chunk_first(q + 1);
      for (std::int64_t c = begin; c < end; c += at_once)
        pack_channels<pair>(plan, places, w, b, begin, c, at_most(c + at_once, end), to);
    }
  }
}

}  // namespace
}  // namespace burin::kernels

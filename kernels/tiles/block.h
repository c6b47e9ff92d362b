// The micro-kernel of tiles: acc[m][n] += sum over steps of a_t[16 x 32] * w_t[32 x 16], for MP
// tiles of 16 pixels and NB tiles of 16 target channels; four accumulators in tiles 0-3 hide the 52
// cycles of a product.
//
// A step is 32 source channels of one tap. Where a is split (PA = 2) or w is (PW = 2), each is hi +
// lo with both in bf16, and the products are hi*hi + hi*lo + lo*hi: what is missing, lo*lo, is 2^-16
// of the result. 2 x 2 tiles take 4 loads for 4 products, split 8 for 12.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/micro/unroll.h"

namespace burin::kernels {
namespace {

constexpr int tile_pixels = 16, tile_channels = 16, tile_depth = 32, tile_bytes = 1024;

struct TileSteps {
  const std::byte* a[4];   // the first pixel of each tile
  std::ptrdiff_t a_row;    // bytes from a pixel to the next
  std::ptrdiff_t a_low;    // bytes from hi to lo
  const std::int32_t* at;  // of each step: bytes from the first pixel
  int count;
  const std::byte* w;  // [step][lo, hi][NB] tiles
  float* c;            // [MP][NB] tiles
  bool add_to_c;
  // What the next block reads and this one does not is fetched to L1, some lines a step.
  const std::byte* next[2];   // its first pixels
  const std::int32_t* ahead;  // of each step: bytes from the first pixel
  int ahead_lines;            // a step and tile; 0: none
};

template <class E, int PA, int PW, int MP, int NB>
struct TileBlock {
  static constexpr int step_bytes = PW * NB * tile_bytes;
  static constexpr int first_a = 4, first_b = NB == 2 ? 6 : 7;

  template <int m>
  static constexpr int a_tile = NB == 2 ? first_a + m : first_a + m % 3;

  // between(): called once a step, for work that the vector units do meanwhile.
  template <class Between>
  static void run(const TileSteps& steps, Between& between) noexcept {
    const TileSteps s = steps;  // a copy of which no address is known stays in registers
    unroll<MP * NB>([&](auto i) __attribute__((always_inline)) {
      if (s.add_to_c)
        E::template load_tile<i>(s.c + i * (tile_bytes / 4), 64);
      else
        E::template clear<i>();
    });
    const std::byte* w = s.w;
    for (int k = 0; k < s.count; ++k, w += step_bytes) {
      const std::ptrdiff_t at = s.at[k];
      if constexpr (PW == 2) {
        load_b(w);
        load_a_and_multiply(s, at);
        load_b(w + NB * tile_bytes);
        if constexpr (NB == 2)
          multiply();
        else
          load_a_and_multiply(s, at);
      } else {
        load_b(w);
        load_a_and_multiply(s, at);
      }
      if constexpr (PA == 2) load_a_and_multiply(s, at + s.a_low);
      if constexpr (MP == 2) fetch(s, s.ahead[k]);
      between();
    }
    unroll<MP * NB>([&](auto i) __attribute__((always_inline)) {
      E::template store_tile<i>(s.c + i * (tile_bytes / 4), 64);
    });
  }

 private:
  [[gnu::always_inline]] static void fetch(const TileSteps& s, std::ptrdiff_t at) noexcept {
    for (int i = 0; i < s.ahead_lines; ++i)
      unroll<MP>([&](auto m) __attribute__((always_inline)) {
        __builtin_prefetch(s.next[m] + at + i * 64);
        if constexpr (PA == 2) __builtin_prefetch(s.next[m] + at + s.a_low + i * 64);
      });
  }
  [[gnu::always_inline]] static void load_b(const std::byte* w) noexcept {
    unroll<NB>([&](auto n) __attribute__((always_inline)) {
      E::template load_tile<first_b + n>(w + n * tile_bytes, 64);
    });
  }
  [[gnu::always_inline]] static void load_a_and_multiply(const TileSteps& s,
                                                         std::ptrdiff_t at) noexcept {
    unroll<MP>([&](auto m) __attribute__((always_inline)) {
      E::template load_tile<a_tile<m>>(s.a[m] + at, s.a_row);
      if constexpr (NB == 1) multiply_row<m>();
    });
    if constexpr (NB == 2) multiply();
  }
  [[gnu::always_inline]] static void multiply() noexcept {
    unroll<MP>([&](auto m) __attribute__((always_inline)) { multiply_row<m>(); });
  }
  template <int m>
  [[gnu::always_inline]] static void multiply_row() noexcept {
    unroll<NB>([&](auto n) __attribute__((always_inline)) {
      E::template multiply_bf16<m * NB + n, a_tile<m>, first_b + n>();
    });
  }
};

}  // namespace
}  // namespace burin::kernels

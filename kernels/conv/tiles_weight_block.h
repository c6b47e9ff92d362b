// The micro-kernel of a weight gradient on tiles: c[m][n] += sum over steps of 32 pixels of
// a[m][16 x 32] * b[n][32 x 16], for MP channel tiles of dy and NB of x, each at a kernel point of
// its own. As tiles/block.h, but that both factors are staged: split, it adds hi*lo, hi*hi and
// lo*hi.
#pragma once

#include "kernels/micro/unroll.h"
#include "kernels/tiles/block.h"

namespace burin::kernels {
namespace {

struct TilesWeightSteps {
  const std::byte *a[2], *b[2];        // hi of each tile
  std::ptrdiff_t a_low, b_low;         // bytes from hi to lo
  const std::int32_t *a_at, *b_at[2];  // of each step: bytes from there
  int count;
  float* c[2][2];
  bool add_to_c;
};

template <class E, int planes, int MP, int NB>
struct TilesWeightBlock {
  static void run(const TilesWeightSteps& steps) noexcept {
    const TilesWeightSteps s = steps;  // a copy of which no address is known stays in registers
    each([&](auto m, auto n) __attribute__((always_inline)) {
      if (s.add_to_c)
        E::template load_tile<sum<m, n>>(s.c[m][n], 64);
      else
        E::template clear<sum<m, n>>();
    });
    for (int k = 0; k < s.count; ++k) {
      if constexpr (planes == 2) load_b(s, k, s.b_low);
      load_a(s, k, 0);
      if constexpr (planes == 2) multiply();
      load_b(s, k, 0);
      multiply();
      if constexpr (planes == 2) {
        load_a(s, k, s.a_low);
        multiply();
      }
    }
    each([&](auto m, auto n)
             __attribute__((always_inline)) { E::template store_tile<sum<m, n>>(s.c[m][n], 64); });
  }

 private:
  static constexpr int first_a = 4, first_b = 6;
  template <int m, int n>
  static constexpr int sum = m * 2 + n;

  template <class F>
  [[gnu::always_inline]] static void each(const F& f) noexcept {
    unroll<MP>([&](auto m) __attribute__((always_inline)) {
      unroll<NB>([&](auto n) __attribute__((always_inline)) { f(m, n); });
    });
  }
  [[gnu::always_inline]] static void load_a(const TilesWeightSteps& s, int k,
                                            std::ptrdiff_t low) noexcept {
    unroll<MP>([&](auto m) __attribute__((always_inline)) {
      E::template load_tile<first_a + m>(s.a[m] + s.a_at[k] + low, 64);
    });
  }
  [[gnu::always_inline]] static void load_b(const TilesWeightSteps& s, int k,
                                            std::ptrdiff_t low) noexcept {
    unroll<NB>([&](auto n) __attribute__((always_inline)) {
      E::template load_tile<first_b + n>(s.b[n] + s.b_at[n][k] + low, 64);
    });
  }
  [[gnu::always_inline]] static void multiply() noexcept {
    each([&](auto m, auto n) __attribute__((always_inline)) {
      E::template multiply_bf16<sum<m, n>, first_a + m, first_b + n>();
    });
  }
};

}  // namespace
}  // namespace burin::kernels

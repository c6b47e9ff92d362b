// THE micro-kernel: one tile of results in registers, a list of taps.
//
//   acc[i][j] += sum over taps t, depth k of
//                a[a_tap[t] + i*a_row + k*a_depth] * w[(w_tap[t] + k)*w_depth + j]
//
// In bf16 a step of depth is a pair of neighbours, of a and for each column of w, and the product
// the sum of two (simd/avx512_bf16.h).
//
// use               rows of a                    taps          depth
// matmul            rows of A                    1             k
// conv forward      neighbouring output pixels   kernel points input channels
// conv data         neighbouring input pixels    kernel points output channels
// conv weight       input channels               image rows    pixels
// Winograd product  tiles of the image           1             input channels
//
// AVX-512: 14 x 32 floats are 28 accumulators + 2 weights + 1 broadcast = 31 of 32 registers;
// AVX2: 6 x 16 are 12 + 2 + 1 = 15 of 16.
#pragma once

#include <cstddef>

#include "kernels/micro/unroll.h"

namespace burin::kernels {
namespace {

// Rows of a tile of two registers' width.
template <class V>
constexpr int tile_rows = V::registers == 32 ? 14 : 6;

// Strides count numbers.
template <class V>
struct TileOperands {
  const typename V::number* a;
  std::ptrdiff_t a_row, a_depth;
  const typename V::number* w;
  std::ptrdiff_t w_depth;
  int depth;
  int taps;
  const std::ptrdiff_t* a_tap;  // element offsets, one per tap
  const std::ptrdiff_t* w_tap;  // depth steps, one per tap
};

// One depth step for rows [First, First + Rows) of a tile; `a` points at row First. Rows are
// reached from every third one: x86 scales an index by 1 or 2, so five pointers and one stride
// serve 14 rows.
template <class V, int MR, int NV, int First, int Rows>
[[gnu::always_inline]] inline void accumulate_step(
    const typename V::number* const (&a)[(Rows + 2) / 3], std::ptrdiff_t a_row, std::ptrdiff_t a_at,
    const typename V::number* w, typename V::reg (&acc)[MR][NV]) noexcept {
  constexpr int wide = V::lanes * V::pair;
  typename V::reg weight[NV];
  // Weights stream from L2, new ones from L3: 32 steps are some 400 cycles.
  unroll<NV>([&](auto j) __attribute__((always_inline)) {
    weight[j] = V::operand(w + j * wide);
    if (j * V::lanes % 16 == 0) __builtin_prefetch(w + (32 * NV + j) * wide);
  });
  unroll<Rows>([&](auto i) __attribute__((always_inline)) {
    const typename V::reg value = V::broadcast(a[i / 3] + a_at + i % 3 * a_row);
    unroll<NV>([&](auto j) __attribute__((always_inline)) {
      V::mac_into(acc[First + i][j], value, weight[j]);
    });
  });
}

// Rows [First, First + Rows) of the tile; the others get nothing. each_tap(t) is called before tap
// t: room for prefetches between the multiply-adds.
template <class V, int MR, int NV, int First, int Rows, class EachTap>
[[gnu::always_inline]] inline void accumulate_rows(const TileOperands<V>& o,
                                                   typename V::reg (&acc)[MR][NV],
                                                   const EachTap& each_tap) noexcept {
  constexpr int steps = Rows == MR ? 4 : 2, pointers = (Rows + 2) / 3;
  const std::ptrdiff_t a_row = o.a_row, a_depth = o.a_depth, w_depth = o.w_depth;
  for (int t = 0; t < o.taps; ++t) {
    each_tap(t);
    const typename V::number* a[pointers];
    unroll<pointers>([&](auto p) __attribute__((always_inline)) {
      a[p] = o.a + o.a_tap[t] + (First + 3 * p) * a_row;
    });
    const typename V::number* w = o.w + o.w_tap[t] * w_depth;
    int left = o.depth;
    for (; left >= steps; left -= steps) {
      unroll<steps>([&](auto u) __attribute__((always_inline)) {
        accumulate_step<V, MR, NV, First, Rows>(a, a_row, u * a_depth, w + u * w_depth, acc);
      });
      unroll<pointers>([&](auto p) __attribute__((always_inline)) { a[p] += steps * a_depth; });
      w += steps * w_depth;
    }
    for (; left > 0; --left) {
      accumulate_step<V, MR, NV, First, Rows>(a, a_row, 0, w, acc);
      unroll<pointers>([&](auto p) __attribute__((always_inline)) { a[p] += a_depth; });
      w += w_depth;
    }
  }
}

template <class V, int MR, int NV>
[[gnu::always_inline]] inline void accumulate(const TileOperands<V>& o,
                                              typename V::reg (&acc)[MR][NV]) noexcept {
  accumulate_rows<V, MR, NV, 0, MR>(o, acc, [](int) __attribute__((always_inline)){});
}

}  // namespace
}  // namespace burin::kernels

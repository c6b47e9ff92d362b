// THE micro-kernel: one tile of results in registers, a list of taps.
//
//   acc[i][j] += sum over taps t, depth k of  a[a_tap[t] + i*a_row + k*a_depth] * w[w_tap[t] + k*w_depth + j]
//
// use               rows of a                    taps          depth
// matmul            rows of A                    1             k
// conv forward      neighbouring output pixels   kernel points input channels
// conv data         neighbouring input pixels    kernel points output channels
// conv weight       input channels               1             pixels
// Winograd product  tiles of the image           1             input channels
//
// AVX-512: 14 x 32 floats are 28 accumulators + 2 weights + 1 broadcast = 31 of 32 registers;
// AVX2: 6 x 16 are 12 + 2 + 1 = 15 of 16.
#pragma once

#include <cstddef>

namespace burin::kernels {
namespace {

struct TileOperands {
  const float* a;
  std::ptrdiff_t a_row, a_depth;
  const float* w;
  std::ptrdiff_t w_depth;
  int depth;
  int taps;
  const std::ptrdiff_t* a_tap;  // element offsets, one per tap
  const std::ptrdiff_t* w_tap;
};

template <class V, int MR, int NV>
[[gnu::always_inline]] inline void accumulate(const TileOperands& o,
                                              typename V::reg (&acc)[MR][NV]) noexcept {
  for (int t = 0; t < o.taps; ++t) {
    const float* a = o.a + o.a_tap[t];
    const float* w = o.w + o.w_tap[t];
    for (int k = 0; k < o.depth; ++k, a += o.a_depth, w += o.w_depth) {
      typename V::reg weight[NV];
      for (int j = 0; j < NV; ++j) weight[j] = V::load(w + j * V::lanes);
      for (int i = 0; i < MR; ++i) {
        const typename V::reg value = V::broadcast(a + i * o.a_row);
        for (int j = 0; j < NV; ++j) acc[i][j] = V::mac(value, weight[j], acc[i][j]);
      }
    }
  }
}

}  // namespace
}  // namespace burin::kernels

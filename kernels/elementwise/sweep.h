// How element-wise loops walk rows: vectors of channels with a masked end, dense operands as one
// long row.
#pragma once

#include "kernels/elementwise/rows.h"
#include "kernels/simd/lanes.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct Sweep {
  using V = Lanes<Arch, Words>;
  using batch = typename V::batch;
  static constexpr int lanes = V::size;

  // f(i, left) for i = 0, lanes, 2*lanes, ... below count; left >= lanes but in the last call.
  template <class F>
  static void row(std::int64_t count, const F& f) {
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) f(i, lanes);
    if (i < count) f(i, static_cast<int>(count - i));
  }

  // One row instead of many where no operand has gaps between rows.
  template <class... Rows>
  static Extent collapse(Extent e, const Rows&... rows) {
    if (((rows.stride == e.channels) && ...)) return {1, e.pixels * e.channels};
    return e;
  }

  // f(p, c, left) over all vectors of all rows.
  template <class F>
  static void rows(Extent e, const F& f) {
    for (std::int64_t p = 0; p < e.pixels; ++p)
      row(e.channels, [&](std::int64_t c, int left) { f(p, c, left); });
  }

  static batch load(In x, std::int64_t p, std::int64_t c, int left) {
    return V::load(x.data + p * x.stride + c, left);
  }
  static void store(Out y, std::int64_t p, std::int64_t c, batch value, int left) {
    V::store(y.data + p * y.stride + c, value, left);
  }

  // Lanes from `left` on are replaced by `value`.
  static batch keep(batch x, int left, batch value) {
    return left >= lanes ? x : xsimd::select(number() < batch(static_cast<float>(left)), x, value);
  }
  // 0, 1, 2, ...
  static batch number() {
    alignas(64) constexpr float numbers[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                               8, 9, 10, 11, 12, 13, 14, 15};
    return batch::load_aligned(numbers);
  }

  // Lanes added pairwise.
  static float sum_of(batch x) {
    alignas(64) float v[lanes];
    x.store_aligned(v);
    for (int width = lanes / 2; width > 0; width /= 2)
      for (int i = 0; i < width; ++i) v[i] += v[i + width];
    return v[0];
  }
  static float max_of(batch x) {
    alignas(64) float v[lanes];
    x.store_aligned(v);
    for (int width = lanes / 2; width > 0; width /= 2)
      for (int i = 0; i < width; ++i) v[i] = v[i] > v[i + width] ? v[i] : v[i + width];
    return v[0];
  }
};

}  // namespace
}  // namespace burin::kernels

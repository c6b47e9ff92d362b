// Two-dimensional maps made of one-dimensional ones, and the windows of an image that they read.
#pragma once

#include <cstdint>

namespace burin::kernels {
namespace {

// out = T in T^t for a map T from `from` to `to` numbers: T down the columns, then along the rows.
// load(i, j) gives a register, store(i, j, r) takes one.
template <class V, int from, int to, class Map, class Load, class Store>
[[gnu::always_inline]] inline void map_2d(Map map, Load load, Store store) noexcept {
  typename V::reg t[to][from];
#pragma GCC unroll 8
  for (int j = 0; j < from; ++j) {
    typename V::reg d[from], r[to];
#pragma GCC unroll 8
    for (int i = 0; i < from; ++i) d[i] = load(i, j);
    map(d, r);
#pragma GCC unroll 8
    for (int i = 0; i < to; ++i) t[i][j] = r[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < to; ++i) {
    typename V::reg r[to];
    map(t[i], r);
#pragma GCC unroll 8
    for (int j = 0; j < to; ++j) store(i, j, r[j]);
  }
}

// size x size pixels of an image, some of which may lie outside.
template <int size>
struct Window {
  const float* origin;  // may itself lie outside
  std::int64_t pixel, row;
  int top, bottom, left, right;  // pixels [top, bottom) x [left, right) are inside

  Window(const float* image, std::int64_t pixel_stride, int h, int w, int y, int x) noexcept
      : origin(image + (std::int64_t{y} * w + x) * pixel_stride),
        pixel(pixel_stride),
        row(pixel_stride * w),
        top(clamp(-y)),
        bottom(clamp(h - y)),
        left(clamp(-x)),
        right(clamp(w - x)) {}

  [[nodiscard]] bool whole() const noexcept {
    return top == 0 && left == 0 && bottom == size && right == size;
  }

  // Channels [c, c + count) of pixel (i, j), zero outside. `inside`: no test is needed.
  template <class V, bool inside>
  [[gnu::always_inline]] typename V::reg load(int i, int j, int c, int count) const noexcept {
    const float* from = origin + i * row + j * pixel + c;
    if constexpr (inside) return V::load(from);
    if (i < top || i >= bottom || j < left || j >= right) return V::zero();
    return count == V::lanes ? V::load(from) : V::load(from, count);
  }

 private:
  static int clamp(int v) noexcept { return v < 0 ? 0 : (v > size ? size : v); }
};

// out[(i, j)][lanes] = T window T^t for lanes channels from c; out lines are `stride` floats apart.
template <class V, int size, int to, bool inside, class Map>
inline void map_window(const Window<size>& w, int c, int count, float* out, std::int64_t stride,
                       Map map) noexcept {
  map_2d<V, size, to>(
      map, [&](int i, int j) { return w.template load<V, inside>(i, j, c, count); },
      [&](int i, int j, typename V::reg r) { V::store(out + (i * to + j) * stride, r); });
}

}  // namespace
}  // namespace burin::kernels

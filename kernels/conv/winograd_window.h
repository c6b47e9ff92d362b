// Two-dimensional maps made of one-dimensional ones, and the windows of an image that they read.
#pragma once

#include <cstdint>

#include "kernels/conv/winograd_plan.h"

namespace burin::kernels {
namespace {

// out = T in T^t for a map T from `from` to `to` numbers: T down the columns, then along the rows;
// rows [row, row + rows) of it. What other rows would need is dead code.
template <class V, int from, int to, int row = 0, int rows = to, class Map, class Load, class Store>
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
  for (int i = row; i < row + rows; ++i) {
    typename V::reg r[to];
    map(t[i], r);
#pragma GCC unroll 8
    for (int j = 0; j < to; ++j) store(i, j, r[j]);
  }
}

// An image with channels last.
struct WinogradImage {
  const float* pixels;
  std::int64_t pixel;  // floats from one to the next
  int h, w;
};

// size x size pixels of an image, some of which may lie outside.
template <int size>
class Window {
 public:
  // The window of tile `tile` begins `top` and `left` pixels before the tile, which has size m.
  Window(const WinogradImage& image, const WinogradTiles& tiles, std::int64_t tile, int m, int top,
         int left) noexcept
      : pixel_(image.pixel), row_(image.pixel * image.w) {
    const auto at = tiles.place(tile);
    const int y = at.row * m - top, x = at.column * m - left;
    origin_ = ((at.image * image.h + y) * image.w + x) * image.pixel;
    pixels_ = image.pixels;
    top_ = clamp(-y);
    left_ = clamp(-x);
    bottom_ = clamp(image.h - y);
    right_ = clamp(image.w - x);
  }

  // While this window is read, the same pixels of `next` are fetched.
  void fetch(const Window& next) noexcept { ahead_ = next.origin_ - origin_; }

  [[nodiscard]] bool whole() const noexcept {
    return top_ == 0 && left_ == 0 && bottom_ == size && right_ == size;
  }

  // Channels [c, c + count) of pixel (i, j), zero outside. `inside`: the window is whole and
  // count == lanes.
  template <class V, bool inside>
  [[gnu::always_inline]] typename V::reg load(int i, int j, int c, int count) const noexcept {
    const std::int64_t at = origin_ + i * row_ + j * pixel_ + c;
    if constexpr (inside) {
      __builtin_prefetch(pixels_ + at + ahead_);
      return V::load(pixels_ + at);
    }
    if (i < top_ || i >= bottom_ || j < left_ || j >= right_) return V::zero();
    return count == V::lanes ? V::load(pixels_ + at) : V::load(pixels_ + at, count);
  }

 private:
  static int clamp(int v) noexcept { return v < 0 ? 0 : (v > size ? size : v); }

  const float* pixels_;
  std::int64_t origin_;  // may lie outside of the image
  std::int64_t pixel_, row_, ahead_ = 0;
  int top_, bottom_, left_, right_;  // pixels [top, bottom) x [left, right) are inside
};

// out[(i - row, j)][lanes] = T window T^t for lanes channels from c and rows [row, row + rows);
// lines of out are `stride` floats apart.
template <class V, int size, int to, int row, int rows, bool inside, class Map>
inline void map_window(const Window<size>& w, int c, int count, float* out, std::int64_t stride,
                       Map map) noexcept {
  map_2d<V, size, to, row, rows>(
      map, [&](int i, int j) { return w.template load<V, inside>(i, j, c, count); },
      [&](int i, int j, typename V::reg r) { V::store(out + ((i - row) * to + j) * stride, r); });
}

}  // namespace
}  // namespace burin::kernels

// Two-dimensional maps made of one-dimensional ones, and the windows of an image that they read.
#pragma once

#include <cstdint>

#include "kernels/conv/winograd_plan.h"

namespace burin::kernels {
namespace {

// out = T in T^t for a map T from `from` to `to` numbers: T down the columns, then along the rows.
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

// An image with channels last, as the windows of tiles see it.
template <class Number>
struct WinogradImage {
  const Number* pixels;
  std::int64_t pixel;  // numbers from one to the next
  WinogradSize size, before;
  WinogradSize tile;  // pixels of a phase from one tile to the next
  int step;           // between pixels of a phase or grid, along rows and columns
};

// size x size pixels of a phase or grid of an image, some of which may lie outside; each is the sum
// of `slices` pixels of as many slices, with their factors.
template <class Number, int size, int slices>
class Window {
 public:
  // `factors` of the `all` slices of the window, no more than `slices` of which are not zero.
  template <int all>
  Window(const WinogradImage<Number>& image, const WinogradTiles::Place& at, int phase,
         const float (&factors)[all]) noexcept
      : pixels_(image.pixels),
        pixel_(image.step * image.pixel),
        row_(image.step * image.pixel * image.size.w) {
    const int step = image.step, row_phase = phase / step, column_phase = phase % step;
    const int z = at.slice * image.tile.d - image.before.d;
    const int y = at.row * image.tile.h * step + row_phase - image.before.h;
    const int x = at.column * image.tile.w * step + column_phase - image.before.w;
    origin_ = (((at.image * image.size.d + z) * image.size.h + y) * image.size.w + x) * image.pixel;
    top_ = clamp(-y, step);
    left_ = clamp(-x, step);
    bottom_ = clamp(image.size.h - y, step);
    right_ = clamp(image.size.w - x, step);
    sum_slices(factors, z, image);
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
    const Number* at = pixels_ + origin_ + i * row_ + j * pixel_ + c;
    if (!inside && (i < top_ || i >= bottom_ || j < left_ || j >= right_)) return V::zero();
    if constexpr (slices == 1) return read<V, inside>(at, count);
    typename V::reg sum = V::mul(V::set(factor_[0]), read<V, inside>(at + slice_[0], count));
#pragma GCC unroll 8
    for (int k = 1; k < slices; ++k)
      sum = V::mac(V::set(factor_[k]), read<V, inside>(at + slice_[k], count), sum);
    return sum;
  }

 private:
  // Rounded up to whole steps, within the window; most are 1 or 2, and a division takes long.
  static int clamp(int v, int step) noexcept {
    v = step <= 2 ? (v + step - 1) >> (step - 1) : (v + step - 1) / step;
    return v < 0 ? 0 : (v > size ? size : v);
  }

  // Slices outside of the image get factor 0 and the place of one inside, of which every window has
  // at least one.
  template <int all>
  void sum_slices(const float (&factors)[all], int z, const WinogradImage<Number>& image) noexcept {
    const std::int64_t slice = std::int64_t{image.size.h} * image.size.w * image.pixel;
    for (int k = 0; k < slices; ++k) {
      slice_[k] = (z < 0 ? -z : 0) * slice;
      factor_[k] = 0;
    }
    for (int k = 0, n = 0; k < all; ++k) {
      if (factors[k] == 0 || z + k < 0 || z + k >= image.size.d) continue;
      slice_[n] = k * slice;
      factor_[n++] = factors[k];
    }
  }

  template <class V, bool inside>
  [[gnu::always_inline]] typename V::reg read(const Number* at, int count) const noexcept {
    if constexpr (inside) {
      __builtin_prefetch(at + ahead_);
      return V::load(at);
    }
    return count == V::lanes ? V::load(at) : V::load(at, count);
  }

  const Number* pixels_;
  std::int64_t origin_;  // of the first slice; may lie outside of the image
  std::int64_t pixel_, row_, ahead_ = 0;
  int top_, bottom_, left_, right_;  // pixels [top, bottom) x [left, right) are inside
  std::int64_t slice_[slices];       // from the first
  float factor_[slices];
};

// out[(i, j)][lanes] = T window T^t for lanes channels from c; lines of out are `stride` numbers
// apart.
template <class V, int to, bool inside, class Number, int size, int slices, class Out, class Map>
inline void map_window(const Window<Number, size, slices>& window, int c, int count, Out* out,
                       std::int64_t stride, Map map) noexcept {
  const Window<Number, size, slices> w = window;  // in registers: out may alias the other
  map_2d<V, size, to>(
      map, [&](int i, int j) { return w.template load<V, inside>(i, j, c, count); },
      [&](int i, int j, typename V::reg r) { V::store(out + (i * to + j) * stride, r); });
}

}  // namespace
}  // namespace burin::kernels

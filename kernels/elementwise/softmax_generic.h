// softmax.h over xsimd, any level. Narrow rows are taken a vector of pixels at a time through a
// small transposed tile, so that no lane is idle.
#pragma once

#include "kernels/elementwise/softmax.h"
#include "kernels/elementwise/sweep.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct SoftmaxLoops : Sweep<Arch, Words> {
  using S = Sweep<Arch, Words>;
  using V = typename S::V;
  using batch = typename S::batch;
  static constexpr int lanes = S::lanes;
  static constexpr int narrow = lanes;  // rows of at most this many channels go through tiles

  // A tile: [channel][pixel], `left` pixels of it in use; the rest holds finite numbers.
  struct Tile {
    alignas(64) float v[narrow][lanes];

    void fill(In x, std::int64_t p, std::int64_t channels, int left) {
      for (int i = 0; i < lanes; ++i)
        for (std::int64_t c = 0; c < channels; ++c)
          v[c][i] = i < left ? x.data[(p + i) * x.stride + c] : 0.0f;
    }
    void drain(Out y, std::int64_t p, std::int64_t channels, int left) const {
      for (int i = 0; i < left; ++i)
        for (std::int64_t c = 0; c < channels; ++c) y.data[(p + i) * y.stride + c] = v[c][i];
    }
  };

  // Softmax down `length` vectors at distance `stride`, `left` lanes of each. y may be x.
  static void down(std::int64_t length, std::int64_t stride, const float* x, float* y, int left,
                   bool logarithm) {
    batch highest = V::load(x, left);
    for (std::int64_t i = 1; i < length; ++i)
      highest = xsimd::max(highest, V::load(x + i * stride, left));
    batch sum(0.0f);
    for (std::int64_t i = 0; i < length; ++i) {
      const batch shifted = V::load(x + i * stride, left) - highest, e = V::exp(shifted);
      sum += e;
      V::store(y + i * stride, logarithm ? shifted : e, left);
    }
    const batch last = logarithm ? xsimd::log(sum) : batch(1.0f) / sum;
    for (std::int64_t i = 0; i < length; ++i) {
      const batch v = V::load(y + i * stride, left);
      V::store(y + i * stride, logarithm ? v - last : v * last, left);
    }
  }

  static void down_backward(std::int64_t length, std::int64_t stride, const float* dy,
                            const float* y, float* dx, int left, bool logarithm) {
    batch sum(0.0f);
    for (std::int64_t i = 0; i < length; ++i) {
      const batch g = V::load(dy + i * stride, left);
      sum += logarithm ? g : g * V::load(y + i * stride, left);
    }
    for (std::int64_t i = 0; i < length; ++i) {
      const batch g = V::load(dy + i * stride, left), v = V::load(y + i * stride, left);
      V::store(dx + i * stride, logarithm ? g - V::exp(v) * sum : v * (g - sum), left);
    }
  }

  static void wide(std::int64_t channels, const float* x, float* y, bool logarithm) {
    batch highest(x[0]);
    S::row(channels, [&](auto c, int left) {
      highest = xsimd::max(highest, S::keep(V::load(x + c, left), left, highest));
    });
    const batch top(S::max_of(highest));
    batch sum(0.0f);
    S::row(channels, [&](auto c, int left) {
      const batch shifted = V::load(x + c, left) - top, e = V::exp(shifted);
      sum += S::keep(e, left, batch(0.0f));
      V::store(y + c, logarithm ? shifted : e, left);
    });
    const batch total(S::sum_of(sum));
    const batch last = logarithm ? xsimd::log(total) : batch(1.0f) / total;
    S::row(channels, [&](auto c, int left) {
      const batch v = V::load(y + c, left);
      V::store(y + c, logarithm ? v - last : v * last, left);
    });
  }

  static void wide_backward(std::int64_t channels, const float* dy, const float* y, float* dx,
                            bool logarithm) {
    batch sum(0.0f);
    S::row(channels, [&](auto c, int left) {
      const batch g = V::load(dy + c, left);
      sum += logarithm ? g : g * V::load(y + c, left);
    });
    const batch total(S::sum_of(sum));
    S::row(channels, [&](auto c, int left) {
      const batch g = V::load(dy + c, left), v = V::load(y + c, left);
      V::store(dx + c, logarithm ? g - V::exp(v) * total : v * (g - total), left);
    });
  }

  [[gnu::flatten]] static void forward(Extent e, In x, Out y, bool logarithm) noexcept {
    if (e.channels > narrow) {
      for (std::int64_t p = 0; p < e.pixels; ++p)
        wide(e.channels, x.data + p * x.stride, y.data + p * y.stride, logarithm);
      return;
    }
    Tile tile;
    S::row(e.pixels, [&](auto p, int left) {
      tile.fill(x, p, e.channels, left);
      down(e.channels, lanes, tile.v[0], tile.v[0], lanes, logarithm);
      tile.drain(y, p, e.channels, left);
    });
  }

  [[gnu::flatten]] static void backward(Extent e, In dy, In y, Out dx, bool logarithm) noexcept {
    if (e.channels > narrow) {
      for (std::int64_t p = 0; p < e.pixels; ++p)
        wide_backward(e.channels, dy.data + p * dy.stride, y.data + p * y.stride,
                      dx.data + p * dx.stride, logarithm);
      return;
    }
    Tile gradient, value;
    S::row(e.pixels, [&](auto p, int left) {
      gradient.fill(dy, p, e.channels, left);
      value.fill(y, p, e.channels, left);
      down_backward(e.channels, lanes, gradient.v[0], value.v[0], gradient.v[0], lanes, logarithm);
      gradient.drain(dx, p, e.channels, left);
    });
  }

  [[gnu::flatten]] static void columns(Columns s, const float* x, float* y,
                                       bool logarithm) noexcept {
    S::row(s.lanes,
           [&](auto j, int left) { down(s.length, s.stride, x + j, y + j, left, logarithm); });
  }

  [[gnu::flatten]] static void columns_backward(Columns s, const float* dy, const float* y,
                                                float* dx, bool logarithm) noexcept {
    S::row(s.lanes, [&](auto j, int left) {
      down_backward(s.length, s.stride, dy + j, y + j, dx + j, left, logarithm);
    });
  }

  static constexpr SoftmaxFunctions functions{forward, backward, columns, columns_backward};
};

}  // namespace
}  // namespace burin::kernels

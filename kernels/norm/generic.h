// The normalization sweeps over xsimd. Vectors of channels, unrolled over pixels; tensors of few
// dense channels are seen as `lanes` times as many channels of fewer pixels, so that no lane idles.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/norm/norm.h"
#include "kernels/simd/lanes.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct NormLoops {
  using V = Lanes<Arch, Words>;
  using batch = typename V::batch;
  static constexpr int lanes = V::size;
  // Few channels: below this many, and dense, `lanes` pixels make one wide pixel.
  static constexpr int few = lanes;

  // act(z), and its derivative times dy.
  struct None {
    explicit None(const Epilogue&) {}
    static constexpr bool plain = true;
    batch value(batch z) const { return z; }
    batch gradient(batch, batch dy) const { return dy; }
  };
  struct Relu {
    explicit Relu(const Epilogue&) {}
    static constexpr bool plain = false;
    // Not max: NaN stays NaN.
    batch value(batch z) const { return xsimd::select(z <= batch(0.0f), batch(0.0f), z); }
    batch gradient(batch z, batch dy) const {
      return xsimd::select(z > batch(0.0f), dy, batch(0.0f));
    }
  };
  struct LeakyRelu {
    explicit LeakyRelu(const Epilogue& a) : slope(a.slope) {}
    static constexpr bool plain = false;
    batch slope;
    batch value(batch z) const { return xsimd::select(z > batch(0.0f), z, z * slope); }
    batch gradient(batch z, batch dy) const {
      return xsimd::select(z > batch(0.0f), dy, dy * slope);
    }
  };
  template <class F>
  static void with_activation(const Epilogue& a, F f) {
    if (a.activation == Activation::relu)
      f(Relu(a));
    else if (a.activation == Activation::leaky_relu)
      f(LeakyRelu(a));
    else
      f(None(a));
  }

  // out[i] = in[i % channels] for lanes pixels: coefficients of a wide pixel.
  static void widen(const float* in, int channels, float* out) {
    for (int i = 0; i < channels * lanes; ++i) out[i] = in[i % channels];
  }
  static constexpr int wide_room = few * lanes;

  // Vectors of channels that a reduction takes side by side, so that it walks memory in runs of a
  // few lines, and pixels per step: 4 chains of additions in flight (2 where registers are few).
  static constexpr int abreast = Words::registers / 8;
  template <int K>
  static constexpr int pixels_at_once = abreast / K;

  template <int K>
  struct Sums {
    static constexpr int steps = pixels_at_once<K>;
    batch at[steps][K];
    Sums() {
      for (auto& row : at)
        for (batch& v : row) v = batch(0.0f);
    }
    batch total(int k) const {
      batch sum = at[0][k];
      for (int u = 1; u < steps; ++u) sum += at[u][k];
      return sum;
    }
  };

  // f(pixel, step, k) for all pixels; `step` says which of the parallel sums the pixel belongs to.
  template <int K, class F>
  static void each_pixel(std::int64_t pixels, F f) {
    constexpr int steps = pixels_at_once<K>;
    std::int64_t p = 0;
    for (; p + steps <= pixels; p += steps)
      for (int u = 0; u < steps; ++u)
        for (int k = 0; k < K; ++k) f(p + u, u, k);
    for (; p < pixels; ++p)
      for (int k = 0; k < K; ++k) f(p, 0, k);
  }
  // f(std::integral_constant K, first channel) over groups of vectors.
  template <class F>
  static void each_group(int channels, F f) {
    int c = 0;
    for (; c + abreast * lanes <= channels; c += abreast * lanes)
      f(std::integral_constant<int, abreast>{}, c);
    for (; c < channels; c += lanes) f(std::integral_constant<int, 1>{}, c);
  }

  static void statistics_block(const float* x, std::int64_t x_pixel, std::int64_t pixels,
                               int channels, float* mean, float* m2) {
    const batch share(1.0f / static_cast<float>(pixels));
    each_group(channels, [&](auto group, int c) {
      constexpr int K = decltype(group)::value;
      const int left = K > 1 ? K * lanes : channels - c;
      const auto load = [&](std::int64_t p, int k) {
        return V::load(x + p * x_pixel + c + k * lanes, left);
      };
      Sums<K> sums;
      each_pixel<K>(pixels, [&](std::int64_t p, int u, int k) { sums.at[u][k] += load(p, k); });
      batch center[K];
      for (int k = 0; k < K; ++k) center[k] = sums.total(k) * share;
      Sums<K> squares;
      each_pixel<K>(pixels, [&](std::int64_t p, int u, int k) {
        const batch off = load(p, k) - center[k];
        squares.at[u][k] = xsimd::fma(off, off, squares.at[u][k]);
      });
      for (int k = 0; k < K; ++k) {
        V::store(mean + c + k * lanes, center[k], left);
        V::store(m2 + c + k * lanes, squares.total(k), left);
      }
    });
  }

  // Joins the lanes of wide pixels, then the pixels that made no wide one (Chan, Golub, LeVeque
  // 1983), channel by channel.
  static void statistics_few(const float* x, std::int64_t pixels, int channels, float* mean,
                             float* m2) {
    alignas(64) float wide_mean[wide_room], wide_m2[wide_room];
    const std::int64_t wide = pixels / lanes, rest = pixels % lanes;
    statistics_block(x, channels * lanes, wide, channels * lanes, wide_mean, wide_m2);
    const float* tail = x + wide * lanes * channels;
    for (int c = 0; c < channels; ++c) {
      double sum = 0, squares = 0;
      for (int l = 0; l < lanes; ++l)
        sum += static_cast<double>(wide) * static_cast<double>(wide_mean[l * channels + c]);
      for (std::int64_t p = 0; p < rest; ++p) sum += static_cast<double>(tail[p * channels + c]);
      const double center = sum / static_cast<double>(pixels);
      for (int l = 0; l < lanes; ++l) {
        const double off = static_cast<double>(wide_mean[l * channels + c]) - center;
        squares +=
            static_cast<double>(wide_m2[l * channels + c]) + static_cast<double>(wide) * off * off;
      }
      for (std::int64_t p = 0; p < rest; ++p) {
        const double off = static_cast<double>(tail[p * channels + c]) - center;
        squares += off * off;
      }
      mean[c] = static_cast<float>(center);
      m2[c] = static_cast<float>(squares);
    }
  }

  static void statistics(const float* x, std::int64_t x_pixel, std::int64_t pixels, int channels,
                         float* mean, float* m2) noexcept {
    if (channels < few && x_pixel == channels && pixels >= lanes)
      statistics_few(x, pixels, channels, mean, m2);
    else
      statistics_block(x, x_pixel, pixels, channels, mean, m2);
  }

  template <class A>
  static void normalize_pixels(const NormForward& f, A act) {
    for (std::int64_t p = 0; p < f.pixels; ++p) {
      const float* x = f.x + p * f.x_pixel;
      float* y = f.y + p * f.y_pixel;
      for (int c = 0; c < f.channels; c += lanes) {
        const int left = f.channels - c;
        const batch z = xsimd::fma(V::load(x + c, left), V::load(f.scale + c, left),
                                   V::load(f.shift + c, left));
        V::store(y + c, act.value(z), left);
      }
    }
  }

  static void normalize(const NormForward& f) noexcept {
    with_activation(f.activation, [&](auto act) {
      if (f.channels >= few || f.x_pixel != f.channels || f.y_pixel != f.channels)
        return normalize_pixels(f, act);
      alignas(64) float scale[wide_room], shift[wide_room];
      widen(f.scale, f.channels, scale);
      widen(f.shift, f.channels, shift);
      NormForward wide = f, rest = f;
      wide.scale = scale;
      wide.shift = shift;
      wide.channels = f.channels * lanes;
      wide.x_pixel = wide.y_pixel = wide.channels;
      wide.pixels = f.pixels / lanes;
      rest.pixels = f.pixels % lanes;
      rest.x += wide.pixels * wide.channels;
      rest.y += wide.pixels * wide.channels;
      normalize_pixels(wide, act);
      normalize_pixels(rest, act);
    });
  }

  template <class A>
  static batch slope_times(A act, batch x, batch dy, batch scale, batch shift) {
    if constexpr (A::plain) return dy;
    return act.gradient(xsimd::fma(x, scale, shift), dy);
  }

  template <class A>
  static void reduce_pixels(const NormBackward& g, A act, float* sum_dz, float* sum_dz_x) {
    each_group(g.channels, [&](auto group, int c) {
      constexpr int K = decltype(group)::value;
      const int left = K > 1 ? K * lanes : g.channels - c;
      batch mean[K], scale[K], shift[K];
      for (int k = 0; k < K; ++k) {
        mean[k] = V::load(g.mean + c + k * lanes, left);
        if constexpr (!A::plain) {
          scale[k] = V::load(g.scale + c + k * lanes, left);
          shift[k] = V::load(g.shift + c + k * lanes, left);
        }
      }
      Sums<K> plain, times;
      each_pixel<K>(g.pixels, [&](std::int64_t p, int u, int k) {
        const batch x = V::load(g.x + p * g.x_pixel + c + k * lanes, left);
        const batch dy = V::load(g.dy + p * g.dy_pixel + c + k * lanes, left);
        const batch dz = slope_times(act, x, dy, scale[k], shift[k]);
        plain.at[u][k] += dz;
        times.at[u][k] = xsimd::fma(dz, x - mean[k], times.at[u][k]);
      });
      for (int k = 0; k < K; ++k) {
        V::store(sum_dz + c + k * lanes, plain.total(k), left);
        V::store(sum_dz_x + c + k * lanes, times.total(k), left);
      }
    });
  }

  // Coefficients of a wide pixel, and the view of the pixels that fill wide ones.
  struct Wide {
    alignas(64) float mean[wide_room], scale[wide_room], shift[wide_room], a[wide_room],
        b[wide_room], d[wide_room];
    NormBackward view;
  };
  static bool is_few(const NormBackward& g) {
    return g.channels < few && g.x_pixel == g.channels && g.dy_pixel == g.channels &&
           g.pixels >= lanes && (g.dx == nullptr || g.dx_pixel == g.channels);
  }
  static void make_wide(const NormBackward& g, Wide& w) {
    const auto put = [&](const float* in, float* out) {
      if (in != nullptr) widen(in, g.channels, out);
    };
    put(g.mean, w.mean);
    put(g.scale, w.scale);
    put(g.shift, w.shift);
    put(g.a, w.a);
    put(g.b, w.b);
    put(g.d, w.d);
    w.view = g;
    w.view.channels = g.channels * lanes;
    w.view.x_pixel = w.view.dy_pixel = w.view.dx_pixel = w.view.channels;
    w.view.pixels = g.pixels / lanes;
    w.view.mean = w.mean;
    w.view.scale = w.scale;
    w.view.shift = w.shift;
    w.view.a = w.a;
    w.view.b = w.b;
    w.view.d = w.d;
  }
  // The pixels that follow the wide ones.
  static NormBackward rest_of(const NormBackward& g) {
    const std::int64_t skip = g.pixels / lanes * lanes * g.channels;
    NormBackward rest = g;
    rest.pixels = g.pixels % lanes;
    rest.x += skip;
    rest.dy += skip;
    if (g.dx != nullptr) rest.dx += skip;
    return rest;
  }

  static void reduce(const NormBackward& g, float* sum_dz, float* sum_dz_x) noexcept {
    with_activation(g.activation, [&](auto act) {
      if (!is_few(g)) return reduce_pixels(g, act, sum_dz, sum_dz_x);
      Wide wide;
      make_wide(g, wide);
      alignas(64) float sums[wide_room], sums_x[wide_room];
      reduce_pixels(wide.view, act, sums, sums_x);
      reduce_pixels(rest_of(g), act, sum_dz, sum_dz_x);
      for (int i = 0; i < g.channels * lanes; ++i) {
        sum_dz[i % g.channels] += sums[i];
        sum_dz_x[i % g.channels] += sums_x[i];
      }
    });
  }

  template <class A>
  static void gradient_pixels(const NormBackward& g, A act) {
    for (std::int64_t p = 0; p < g.pixels; ++p)
      for (int c = 0; c < g.channels; c += lanes) {
        const int left = g.channels - c;
        const auto coefficient = [&](const float* of) { return V::load(of + c, left); };
        const batch x = V::load(g.x + p * g.x_pixel + c, left);
        batch dz = V::load(g.dy + p * g.dy_pixel + c, left);
        if constexpr (!A::plain)
          dz = slope_times(act, x, dz, coefficient(g.scale), coefficient(g.shift));
        const batch through =
            xsimd::fma(coefficient(g.b), x - coefficient(g.mean), coefficient(g.d));
        V::store(g.dx + p * g.dx_pixel + c, xsimd::fma(coefficient(g.a), dz, through), left);
      }
  }

  static void gradient(const NormBackward& g) noexcept {
    with_activation(g.activation, [&](auto act) {
      if (!is_few(g)) return gradient_pixels(g, act);
      Wide wide;
      make_wide(g, wide);
      gradient_pixels(wide.view, act);
      gradient_pixels(rest_of(g), act);
    });
  }

  static constexpr NormKernels table(const char* name, Isa isa) {
    return {name, isa, statistics, normalize, reduce, gradient};
  }
};

}  // namespace
}  // namespace burin::kernels

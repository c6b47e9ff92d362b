// The tiles of depthwise.h: eight pixels of one register of channels, in two forms.
#pragma once

#include "kernels/micro/parts.h"
#include "kernels/micro/tile_call.h"

namespace burin::kernels {
namespace {

// Rows of taps: tap k of row r reads x[x_at[r] + k*x_tap] for the first pixel of the tile and
// multiplies by w[w_at[r] + k*w_tap].
struct DepthwiseCall {
  const float *x, *w;
  std::ptrdiff_t x_pixel;  // from one pixel of the tile to the next
  int rows, taps;
  const std::ptrdiff_t *x_at, *w_at;
  std::ptrdiff_t x_tap, w_tap;
  std::ptrdiff_t x_next;         // to the source row below the last one read
  const float *bias, *residual;  // null: zero
  std::ptrdiff_t residual_pixel;
  float* y;
  std::ptrdiff_t y_pixel, y_next;
  int channels;
  Epilogue epilogue;
};
using DepthwiseFunction = void (*)(const DepthwiseCall&) noexcept;

// x of tap k for the pixels of a tile: two bases and three steps address eight of them.
template <class V, int P, bool Full>
struct DepthwiseTaps {
  [[gnu::always_inline]] static void add(const DepthwiseCall& call, int c, int left,
                                         typename V::reg (&acc)[P][1]) noexcept {
    const std::ptrdiff_t pixel = call.x_pixel, pixel3 = 3 * pixel;
    for (int r = 0; r < call.rows; ++r) {
      const float *x = call.x + c + call.x_at[r], *w = call.w + c + call.w_at[r];
      for (int k = 0; k < call.taps; ++k, x += call.x_tap, w += call.w_tap) {
        const typename V::reg weight = V::load(w);
        const float* high = x + 4 * pixel;
        unroll<P>([&](auto i) __attribute__((always_inline)) {
          const float* p = (i < 4 ? x : high) + (i % 4 == 3 ? pixel3 : i % 4 * pixel);
          acc[i][0] = V::mac(weight, Full ? V::load(p) : V::load(p, left), acc[i][0]);
        });
      }
    }
  }
};

// K taps side by side, output pixels S apart: x[i] meets tap k of output (i - k) / S.
template <int K, int S>
struct DepthwiseShared {
  template <class V, int P, bool Full>
  struct Taps {
    [[gnu::always_inline]] static void add(const DepthwiseCall& call, int c, int left,
                                           typename V::reg (&acc)[P][1]) noexcept {
      const std::ptrdiff_t pixel = call.x_tap;
      for (int r = 0; r < call.rows; ++r) {
        const float *x = call.x + c + call.x_at[r], *w = call.w + c + call.w_at[r];
        typename V::reg weight[K];
        unroll<K>([&](auto k)
                      __attribute__((always_inline)) { weight[k] = V::load(w + k * call.w_tap); });
        unroll<(P - 1) * S + K>([&](auto i) __attribute__((always_inline)) {
          const typename V::reg value = Full ? V::load(x) : V::load(x, left);
          x += pixel;
          unroll<K>([&](auto k) __attribute__((always_inline)) {
            constexpr int at = decltype(i)::value - decltype(k)::value;
            if constexpr (at >= 0 && at % S == 0 && at / S < P)
              acc[at / S][0] = V::mac(weight[k], value, acc[at / S][0]);
          });
        });
      }
    }
  };
};

// Channels [c, c + lanes) of P pixels, or `left` of them.
template <class V, int P, bool Full, template <class, int, bool> class Taps>
[[gnu::always_inline]] inline void depthwise_channels(const DepthwiseCall& call, int c,
                                                      int left) noexcept {
  typename V::reg acc[P][1];
  unroll<P>([&](auto i) __attribute__((always_inline)) { acc[i][0] = V::zero(); });
  if (call.bias != nullptr) load_tile<V, P, 1>(call.bias + c, 0, left, acc);
  if (call.residual != nullptr)
    add_tile<V, P, 1>(call.residual + c, call.residual_pixel, left, acc);
  if (c % 16 == 0)
    unroll<P>([&](auto i) __attribute__((always_inline)) {
      __builtin_prefetch(call.x + c + call.x_next + i * call.x_pixel);
      __builtin_prefetch(call.y + c + call.y_next + i * call.y_pixel, 1);
    });
  Taps<V, P, Full>::add(call, c, left, acc);
  if (call.epilogue.activation != Activation::none) activate<V, P, 1>(call.epilogue, acc);
  store_tile<V, P, 1>(call.y + c, call.y_pixel, left, acc);
}

template <class V, int P, template <class, int, bool> class Taps = DepthwiseTaps>
void depthwise_tile(const DepthwiseCall& call) noexcept {
  int c = 0;
  for (; c + V::lanes <= call.channels; c += V::lanes)
    depthwise_channels<V, P, true, Taps>(call, c, V::lanes);
  if (c < call.channels) depthwise_channels<V, P, false, Taps>(call, c, call.channels - c);
}

template <class V, class Heights>
struct DepthwiseTiles;
template <class V, int... I>
struct DepthwiseTiles<V, std::integer_sequence<int, I...>> {
  static constexpr int pixels = sizeof...(I);
  static constexpr DepthwiseFunction at[] = {depthwise_tile<V, I + 1>...};  // [pixels - 1]

  // The tile of all pixels for K taps side by side, outputs S apart, or nullptr.
  static DepthwiseFunction shared(int taps, std::int64_t step) noexcept {
    if (step < 1 || step > 2) return nullptr;
    switch (taps) {
      case 3:
        return step == 1 ? depthwise_tile<V, pixels, DepthwiseShared<3, 1>::template Taps>
                         : depthwise_tile<V, pixels, DepthwiseShared<3, 2>::template Taps>;
      case 5:
        return step == 1 ? depthwise_tile<V, pixels, DepthwiseShared<5, 1>::template Taps>
                         : depthwise_tile<V, pixels, DepthwiseShared<5, 2>::template Taps>;
      case 7:
        return step == 1 ? depthwise_tile<V, pixels, DepthwiseShared<7, 1>::template Taps>
                         : depthwise_tile<V, pixels, DepthwiseShared<7, 2>::template Taps>;
      default:
        return nullptr;
    }
  }
};

}  // namespace
}  // namespace burin::kernels

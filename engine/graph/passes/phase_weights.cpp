#include "engine/graph/passes/phase_weights.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/ops/choose_kernel.h"
#include "engine/ops/grain.h"
#include "engine/ops/run_kernel.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

std::int64_t power(std::int64_t base, int exponent) {
  std::int64_t out = 1;
  for (int i = 0; i < exponent; ++i) out *= base;
  return out;
}

// f(index of a tap of a cube of side n, its coordinates from w to the front).
template <class F>
void each_tap(int axes, int n, const F& f) {
  const std::int64_t count = power(n, axes);
  for (int tap = 0; tap < count; ++tap) {
    std::array<int, 3> at{};
    for (int i = 0, rest = tap; i < axes; ++i, rest /= n)
      at[static_cast<std::size_t>(i)] = rest % n;
    f(tap, at);
  }
}

// The kernel of an axis is a polynomial, up[0] + up[1] x, and w3[2] + w3[1] x + w3[0] x^2, since
// W4[2 + s - k] gets up[s] * w3[k]; W4 is their product. It is known from its values at 0, 1, -1 and
// infinity (Toom and Cook): 4 products of channel matrices per axis in place of 6, 64 in place of
// 216 in three dimensions. Rows: values at the points; the last: from values to W4.
using Matrix = std::array<std::array<float, 4>, 4>;
constexpr Matrix values_of_up{{{1, 0}, {1, 1}, {1, -1}, {0, 1}}};
constexpr Matrix values_of_w3{{{0, 0, 1}, {1, 1, 1}, {1, -1, 1}, {1, 0, 0}}};
constexpr Matrix from_values{
    {{1, 0, 0, 0}, {0, 0.5f, -0.5f, -1}, {-1, 0.5f, 0.5f, 0}, {0, 0, 0, 1}}};
// W4 of an upsampling by nearest, which is 1 + x
constexpr Matrix of_nearest{{{0, 0, 1}, {0, 1, 1}, {1, 1, 0}, {1, 0, 0}}};

// Numbers of each tap that go through all axes at once, in L1.
constexpr std::int64_t strip = 64;

// The matrix applied along one axis: [outer, taps, inner] -> [outer, 4, inner] strips
void map_axis(const float* from, const Matrix& matrix, int taps, std::int64_t outer,
              std::int64_t inner, float* to) {
  for (std::int64_t o = 0; o < outer; ++o, from += taps * inner * strip)
    for (const auto& row : matrix)
      for (std::int64_t i = 0; i < inner; ++i, to += strip) {
        std::fill_n(to, strip, 0.0f);
        for (int t = 0; t < taps; ++t) {
          const float factor = row[static_cast<std::size_t>(t)];
          const float* const tap = from + (t * inner + i) * strip;
          if (factor == 0) continue;
          for (std::int64_t k = 0; k < strip; ++k) to[k] += factor * tap[k];
        }
      }
}

// The matrix applied along every axis: x [taps^axes, n] -> y [4^axes, n], which may be x where
// both have as many numbers.
void map_axes(const float* x, const Matrix& matrix, int taps, int axes, std::int64_t n, float* y) {
  constexpr std::int64_t most_taps = 64;
  const std::int64_t in = power(taps, axes), out = power(4, axes);
  const auto strips = [&](std::int64_t first, std::int64_t last, int) {
    std::array<float, most_taps * strip> one{}, other{};
    for (std::int64_t at = first * strip; at < std::min(n, last * strip); at += strip) {
      const std::int64_t width = std::min(strip, n - at);
      float *now = one.data(), *next = other.data();
      for (std::int64_t t = 0; t < in; ++t) std::copy_n(x + t * n + at, width, now + t * strip);
      for (int done = 0; done < axes; ++done) {
        map_axis(now, matrix, taps, power(4, done), power(taps, axes - 1 - done), next);
        std::swap(now, next);
      }
      for (std::int64_t t = 0; t < out; ++t) std::copy_n(now + t * strip, width, y + t * n + at);
    }
  };
  runtime::parallel_for((n + strip - 1) / strip, rows_grain(strip * (in + out)), strips);
}

kernels::MatmulShape product_shape(const PhaseSizes& n) {
  return {.m = n.coarse, .n = n.out, .k = n.up, .a_row = n.up, .b_depth = n.out};
}

}  // namespace

Tensor weights_by_tap(const Tensor& w3, std::int64_t first, const PhaseSizes& n) {
  const Tensor w = w3.in_order(Order::row_major).reshape({n.out, n.joined, power(3, n.axes)});
  return w.channel_slice(first, n.up).permuted(std::array{2, 1, 0}).in_order(Order::row_major);
}

double phase_weights_cost(const PhaseSizes& n) {
  return static_cast<double>(power(4, n.axes)) *
         least_cost(product_shape(n), {kernels::Activation::none, Precision::f32_unsplit});
}

// Tap by tap [4^axes, coarse, out], so that sums lie together; at last as files have them.
Tensor phase_weights(const Tensor& up, const Tensor& w3, const PhaseSizes& n, const Shape& shape,
                     bool exact) {
  const std::int64_t points = power(4, n.axes);
  const auto numbers = [&](std::int64_t rows, std::int64_t columns) {
    return Tensor::empty({points, rows, columns}, DType::f32, Order::row_major);
  };
  const Tensor w4 = numbers(n.coarse, n.out);
  if (up) {
    const Tensor taps = up.in_order(Order::row_major)
                            .reshape({n.coarse, n.up, power(2, n.axes)})
                            .permuted(std::array{2, 0, 1})
                            .in_order(Order::row_major);
    const Tensor a = numbers(n.coarse, n.up), b = numbers(n.up, n.out);
    map_axes(taps.data(), values_of_up, 2, n.axes, n.coarse * n.up, a.data());
    map_axes(w3.data(), values_of_w3, 3, n.axes, n.up * n.out, b.data());
    for (std::int64_t e = 0; e < points; ++e)
      run_matmul({.op = "compose_phases",
                  .pass = "weights",
                  .shape = product_shape(n),
                  .precision = exact ? Precision::exact : Precision::f32_unsplit},
                 a.data() + e * n.coarse * n.up, b.data() + e * n.up * n.out, nullptr,
                 w4.data() + e * n.coarse * n.out, n.out);
    map_axes(w4.data(), from_values, 4, n.axes, n.coarse * n.out, w4.data());
  } else {
    map_axes(w3.data(), of_nearest, 3, n.axes, n.coarse * n.out, w4.data());
  }
  return w4.permuted(std::array{1, 2, 0}).in_order(Order::row_major).reshape(shape);
}

Tensor phase_border(std::span<const double> bias, const Tensor& w3, const PhaseSizes& n,
                    std::span<double> inside) {
  const std::int64_t three = power(3, n.axes);
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  std::vector<double> tap(at(n.out * three));  // of all channels of the upsampled image
  for (std::int64_t k = 0; k < three; ++k)
    for (std::int64_t c = 0; c < n.up; ++c)
      for (std::int64_t o = 0; o < n.out; ++o)
        tap[at(o * three + k)] += bias[at(c)] * w3.data()[(k * n.up + c) * n.out + o];
  std::vector<float> out(at(three * n.out));
  each_tap(n.axes, 3, [&](int q, const std::array<int, 3>& place) {
    each_tap(n.axes, 3, [&](int k, const std::array<int, 3>& at_k) {
      bool missing = false;  // the tap reads beyond the first or last pixel
      for (std::size_t i = 0; i < static_cast<std::size_t>(n.axes); ++i)
        missing = missing || (place[i] == 0 && at_k[i] == 0) || (place[i] == 2 && at_k[i] == 2);
      for (std::int64_t o = 0; o < n.out; ++o)
        if (missing) out[at(q * n.out + o)] -= static_cast<float>(tap[at(o * three + k)]);
    });
  });
  for (std::int64_t o = 0; o < n.out; ++o)
    for (std::int64_t k = 0; k < three; ++k) inside[at(o)] += tap[at(o * three + k)];
  return Tensor::from({three, n.out}, out, Order::row_major);
}

}  // namespace burin

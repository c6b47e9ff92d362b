#include "engine/graph/passes/phase_weights.h"

#include <array>

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

// up [coarse, up, 2^axes] -> [2^axes * coarse, up]
Tensor by_phase(const Tensor& up, const PhaseSizes& n) {
  const std::int64_t phases = power(2, n.axes);
  const Tensor w = up.in_order(Order::row_major).reshape({n.coarse, n.up, phases});
  const Tensor rows = w.permuted(std::array{2, 0, 1}).in_order(Order::row_major);
  return rows.reshape({phases * n.coarse, n.up});
}

Tensor product(const Tensor& a, const Tensor& b, Precision precision) {
  const std::int64_t m = a.shape()[0], k = b.shape()[0], n = b.shape()[1];
  const Tensor c = Tensor::empty({m, n}, DType::f32, Order::row_major);
  run_matmul({.op = "compose_phases",
              .pass = "weights",
              .shape = {.m = m, .n = n, .k = k, .a_row = k, .b_depth = n},
              .precision = precision},
             a.data(), b.data(), nullptr, c.data(), n);
  return c;
}

// For each tap k of w3, the tap t of w4 that it and phase s make: [3^axes][2^axes].
std::vector<std::int64_t> taps_of_phases(int axes) {
  std::vector<std::int64_t> out;
  each_tap(axes, 3, [&](int, const std::array<int, 3>& at_k) {
    each_tap(axes, 2, [&](int, const std::array<int, 3>& at_s) {
      std::int64_t t = 0;
      for (int i = axes - 1; i >= 0; --i) {
        const auto a = static_cast<std::size_t>(i);
        t = 4 * t + 2 + at_s[a] - at_k[a];
      }
      out.push_back(t);
    });
  });
  return out;
}

}  // namespace

Tensor weights_by_tap(const Tensor& w3, std::int64_t first, const PhaseSizes& n) {
  const Tensor w = w3.in_order(Order::row_major).reshape({n.out, n.joined, power(3, n.axes)});
  return w.channel_slice(first, n.up).permuted(std::array{2, 1, 0}).in_order(Order::row_major);
}

// Tap by tap [4^axes, coarse, out], so that sums lie together; at last as files have them.
Tensor phase_weights(const Tensor& up, const Tensor& w3, const PhaseSizes& n, const Shape& shape,
                     Precision precision) {
  const std::int64_t three = power(3, n.axes), phases = power(2, n.axes), four = power(4, n.axes);
  const std::vector<std::int64_t> taps = taps_of_phases(n.axes);
  const std::int64_t numbers = n.coarse * n.out;  // of a tap
  const Tensor sums = Tensor::empty({four, n.coarse, n.out}, DType::f32, Order::row_major);
  std::vector<bool> begun(static_cast<std::size_t>(four));
  Tensor ups = up ? by_phase(up, n) : Tensor();
  for (std::int64_t k = 0; k < three; ++k) {
    const Tensor w = w3.batch_slice(k, 1).reshape({n.up, n.out});
    // Of each phase; of nearest upsampling one for all.
    const Tensor part = up ? product(ups, w, precision) : w;
    for (std::int64_t s = 0; s < phases; ++s) {
      const std::int64_t t = taps[static_cast<std::size_t>(k * phases + s)];
      const float* const from = part.data() + (up ? s * numbers : 0);
      float* const sum = sums.data() + t * numbers;
      const bool add = begun[static_cast<std::size_t>(t)];
      begun[static_cast<std::size_t>(t)] = true;
      runtime::parallel_for(n.coarse, rows_grain(n.out),
                            [&](std::int64_t first, std::int64_t last, int) {
                              for (std::int64_t i = first * n.out; i < last * n.out; ++i)
                                sum[i] = add ? sum[i] + from[i] : from[i];
                            });
    }
  }
  ups = Tensor();  // its memory serves the copy
  return sums.permuted(std::array{1, 2, 0}).in_order(Order::row_major).reshape(shape);
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

// reduce.h over xsimd, any level.
#pragma once

#include "kernels/elementwise/sweep.h"
#include "kernels/reduce/reduce.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct ReduceLoops : Sweep<Arch, Words> {
  using S = Sweep<Arch, Words>;
  using V = typename S::V;
  using batch = typename S::batch;
  static constexpr int lanes = S::lanes;
  static constexpr int additions = 64;  // in single precision, per lane

  // Double sum of the vectors f(p, c, left).
  template <class F>
  static double total(Extent e, const F& f) {
    double sum = 0;
    batch part(0.0f);
    int pending = 0;
    S::rows(e, [&](auto p, auto c, int left) {
      part += f(p, c, left);
      if (++pending == additions) {
        sum += static_cast<double>(S::sum_of(part));
        part = batch(0.0f);
        pending = 0;
      }
    });
    return sum + static_cast<double>(S::sum_of(part));
  }

  [[gnu::flatten]] static double sum(Extent e, In x) noexcept {
    return total(S::collapse(e, x),
                 [=](auto p, auto c, int left) { return S::load(x, p, c, left); });
  }

  // Four vectors of channels at a time: a whole cache line or more of each row.
  [[gnu::flatten]] static void over_pixels(Extent e, In x, double* sums) noexcept {
    if (e.channels == 1) {
      sums[0] += x.stride == 1 ? sum({1, e.pixels}, x) : sum(e, x);
      return;
    }
    for (std::int64_t first = 0; first < e.pixels; first += additions) {
      const std::int64_t last = first + additions < e.pixels ? first + additions : e.pixels;
      std::int64_t c = 0;
      for (; c + 4 * lanes <= e.channels; c += 4 * lanes) {
        batch part[4] = {batch(0.0f), batch(0.0f), batch(0.0f), batch(0.0f)};
        for (std::int64_t p = first; p < last; ++p)
          for (int v = 0; v < 4; ++v) part[v] += S::load(x, p, c + v * lanes, lanes);
        for (int v = 0; v < 4; ++v) spread(part[v], lanes, sums + c + v * lanes);
      }
      S::row(e.channels - c, [&](auto offset, int left) {
        batch part(0.0f);
        for (std::int64_t p = first; p < last; ++p) part += S::load(x, p, c + offset, left);
        spread(part, left, sums + c + offset);
      });
    }
  }
  static void spread(batch part, int left, double* sums) {
    alignas(64) float v[lanes];
    part.store_aligned(v);
    for (int i = 0; i < lanes && i < left; ++i) sums[i] += static_cast<double>(v[i]);
  }

  [[gnu::flatten]] static void over_channels(Extent e, In x, float factor, float* sums) noexcept {
    for (std::int64_t p = 0; p < e.pixels; ++p) {
      const double all =
          total({1, e.channels}, [&](auto, auto c, int left) { return S::load(x, p, c, left); });
      sums[p] = static_cast<float>(static_cast<double>(factor) * all);
    }
  }

  static constexpr ReduceKernels table(const char* name, Isa isa) {
    return {name, isa, sum, over_pixels, over_channels};
  }
};

}  // namespace
}  // namespace burin::kernels

// loss.h over xsimd, any level.
#pragma once

#include "kernels/elementwise/loss.h"
#include "kernels/elementwise/sweep.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct LossLoops : Sweep<Arch, Words> {
  using S = Sweep<Arch, Words>;
  using V = typename S::V;
  using batch = typename S::batch;
  static constexpr int lanes = S::lanes;
  static constexpr std::int64_t chunk = 1024;  // numbers added in single precision

  // f(x, t, left) over all vectors; flush() after every `chunk` numbers and at the end.
  template <class F, class G>
  static void sums(Extent e, In x, In t, const F& f, const G& flush) {
    e = S::collapse(e, x, t);
    std::int64_t pending = 0;
    for (std::int64_t p = 0; p < e.pixels; ++p)
      for (std::int64_t first = 0; first < e.channels; first += chunk) {
        const std::int64_t rest = e.channels - first, count = rest < chunk ? rest : chunk;
        S::row(count, [&](auto c, int left) {
          f(S::load(x, p, first + c, left), S::load(t, p, first + c, left), left);
        });
        pending += count < lanes ? lanes : count;
        if (pending >= chunk) {
          flush();
          pending = 0;
        }
      }
    flush();
  }

  // The double sum of f(x, t) over all numbers; f(0, 0) need not be zero.
  template <class F>
  static double sum(Extent e, In x, In t, const F& f) {
    double total = 0;
    batch part(0.0f);
    sums(
        e, x, t, [&](batch a, batch b, int left) { part += S::keep(f(a, b), left, batch(0.0f)); },
        [&] {
          total += static_cast<double>(S::sum_of(part));
          part = batch(0.0f);
        });
    return total;
  }

  // d = f(x, t)
  template <class F>
  static void map(Extent e, In x, In t, Out d, const F& f) {
    e = S::collapse(e, x, t, d);
    S::rows(e, [=](auto p, auto c, int left) {
      S::store(d, p, c, f(S::load(x, p, c, left), S::load(t, p, c, left)), left);
    });
  }

  static void drain(batch& part, double& total) {
    total += static_cast<double>(S::sum_of(part));
    part = batch(0.0f);
  }

  template <bool Sigmoid>
  static DiceSums dice_sums(Extent e, In x, In target) {
    DiceSums out;
    batch product(0.0f), prediction(0.0f), truth(0.0f);
    sums(
        e, x, target,
        [&](batch v, batch t, int left) {
          const batch p = Sigmoid ? S::keep(V::sigmoid(v), left, batch(0.0f)) : v;
          product = xsimd::fma(p, t, product);
          prediction += p;
          truth += t;
        },
        [&] {
          drain(product, out.product);
          drain(prediction, out.prediction);
          drain(truth, out.target);
        });
    return out;
  }
  [[gnu::flatten]] static DiceSums dice(Extent e, In x, In target, bool sigmoid) noexcept {
    return sigmoid ? dice_sums<true>(e, x, target) : dice_sums<false>(e, x, target);
  }

  [[gnu::flatten]] static void dice_backward(Extent e, In x, In target, Out dx, float slope,
                                             float constant, bool sigmoid) noexcept {
    const batch a(slope), b(constant);
    if (!sigmoid) return map(e, x, target, dx, [=](batch, batch t) { return xsimd::fma(a, t, b); });
    map(e, x, target, dx, [=](batch v, batch t) {
      const batch s = V::sigmoid(v);
      return xsimd::fma(a, t, b) * s * (batch(1.0f) - s);
    });
  }

  [[gnu::flatten]] static double bce(Extent e, In x, In target, bool logits) noexcept {
    if (logits)
      return sum(e, x, target, [](batch v, batch t) {
        const batch positive = xsimd::max(v, batch(0.0f));
        return positive - v * t + xsimd::log1p(V::exp(-xsimd::abs(v)));
      });
    return sum(e, x, target, [](batch p, batch t) {
      const batch lowest(-100.0f), one(1.0f);
      const batch yes = xsimd::max(xsimd::log(p), lowest),
                  no = xsimd::max(xsimd::log1p(-p), lowest);
      return -(t * yes + (one - t) * no);
    });
  }

  [[gnu::flatten]] static void bce_backward(Extent e, In x, In target, Out dx, float factor,
                                            bool logits) noexcept {
    const batch f(factor);
    if (logits)
      return map(e, x, target, dx, [=](batch v, batch t) { return f * (V::sigmoid(v) - t); });
    map(e, x, target, dx, [=](batch p, batch t) {
      return f * (p - t) / xsimd::max(p * (batch(1.0f) - p), batch(1e-12f));
    });
  }

  [[gnu::flatten]] static double l1(Extent e, In a, In b) noexcept {
    return sum(e, a, b, [](batch u, batch v) { return xsimd::abs(u - v); });
  }
  [[gnu::flatten]] static double l2(Extent e, In a, In b) noexcept {
    return sum(e, a, b, [](batch u, batch v) { return (u - v) * (u - v); });
  }
  [[gnu::flatten]] static void l1_backward(Extent e, In a, In b, Out d, float factor) noexcept {
    const batch zero(0.0f), plus(factor), minus(-factor);
    map(e, a, b, d, [=](batch u, batch v) {
      return xsimd::select(u > v, plus, xsimd::select(u < v, minus, zero));
    });
  }
  [[gnu::flatten]] static void l2_backward(Extent e, In a, In b, Out d, float factor) noexcept {
    const batch f(factor);
    map(e, a, b, d, [=](batch u, batch v) { return f * (u - v); });
  }
};

}  // namespace
}  // namespace burin::kernels

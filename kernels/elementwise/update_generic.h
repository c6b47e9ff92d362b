// update.h over xsimd, any level: one pass, every array read and written once.
#pragma once

#include "kernels/elementwise/sweep.h"
#include "kernels/elementwise/update.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct UpdateLoops : Sweep<Arch, Words> {
  using S = Sweep<Arch, Words>;
  using V = typename S::V;
  using batch = typename S::batch;

  template <bool Momentum>
  static void sgd_loop(std::int64_t count, const SgdStep& s, const float* gradient, float* w,
                       float* v) {
    const batch rate(s.rate), momentum(s.momentum), decay(s.weight_decay), scale(s.gradient_scale);
    S::row(count, [&](auto i, int left) {
      const batch weight = V::load(w + i, left);
      batch d = xsimd::fma(decay, weight, scale * V::load(gradient + i, left));
      if constexpr (Momentum) {
        const batch velocity = xsimd::fma(momentum, V::load(v + i, left), d);
        V::store(v + i, velocity, left);
        d = s.nesterov ? xsimd::fma(momentum, velocity, d) : velocity;
      }
      V::store(w + i, weight - rate * d, left);
    });
  }
  [[gnu::flatten]] static void sgd(std::int64_t count, const SgdStep& s, const float* gradient,
                                   float* w, float* v) noexcept {
    s.momentum != 0 ? sgd_loop<true>(count, s, gradient, w, v)
                    : sgd_loop<false>(count, s, gradient, w, v);
  }

  [[gnu::flatten]] static void adam(std::int64_t count, const AdamStep& s, const float* gradient,
                                    float* w, float* m, float* v) noexcept {
    const batch step(s.rate / s.correction1), root = xsimd::sqrt(batch(s.correction2));
    const batch beta1(s.beta1), rest1(1 - s.beta1), beta2(s.beta2), rest2(1 - s.beta2);
    const batch scale(s.gradient_scale), epsilon(s.epsilon);
    const batch added(s.decoupled ? 0.0f : s.weight_decay);
    const batch shrink(s.decoupled ? 1 - s.rate * s.weight_decay : 1.0f);
    S::row(count, [&](auto i, int left) {
      const batch weight = V::load(w + i, left);
      const batch g = xsimd::fma(added, weight, scale * V::load(gradient + i, left));
      const batch mean = xsimd::fma(beta1, V::load(m + i, left), rest1 * g);
      const batch square = xsimd::fma(beta2, V::load(v + i, left), rest2 * g * g);
      V::store(m + i, mean, left);
      V::store(v + i, square, left);
      const batch divisor = xsimd::sqrt(square) / root + epsilon;
      V::store(w + i, weight * shrink - step * mean / divisor, left);
    });
  }

  template <bool Momentum>
  static void rmsprop_loop(std::int64_t count, const RmspropStep& s, const float* gradient,
                           float* w, float* v, float* b) {
    const batch rate(s.rate), alpha(s.alpha), rest(1 - s.alpha), epsilon(s.epsilon);
    const batch momentum(s.momentum), decay(s.weight_decay), scale(s.gradient_scale);
    S::row(count, [&](auto i, int left) {
      const batch weight = V::load(w + i, left);
      const batch g = xsimd::fma(decay, weight, scale * V::load(gradient + i, left));
      const batch square = xsimd::fma(alpha, V::load(v + i, left), rest * g * g);
      V::store(v + i, square, left);
      batch d = g / (xsimd::sqrt(square) + epsilon);
      if constexpr (Momentum) {
        d = xsimd::fma(momentum, V::load(b + i, left), d);
        V::store(b + i, d, left);
      }
      V::store(w + i, weight - rate * d, left);
    });
  }
  [[gnu::flatten]] static void rmsprop(std::int64_t count, const RmspropStep& s,
                                       const float* gradient, float* w, float* v,
                                       float* b) noexcept {
    s.momentum != 0 ? rmsprop_loop<true>(count, s, gradient, w, v, b)
                    : rmsprop_loop<false>(count, s, gradient, w, v, b);
  }

  [[gnu::flatten]] static void adadelta(std::int64_t count, const AdadeltaStep& s,
                                        const float* gradient, float* w, float* v,
                                        float* u) noexcept {
    const batch rate(s.rate), rho(s.rho), rest(1 - s.rho), epsilon(s.epsilon);
    const batch decay(s.weight_decay), scale(s.gradient_scale);
    S::row(count, [&](auto i, int left) {
      const batch weight = V::load(w + i, left), past = V::load(u + i, left);
      const batch g = xsimd::fma(decay, weight, scale * V::load(gradient + i, left));
      const batch square = xsimd::fma(rho, V::load(v + i, left), rest * g * g);
      const batch d = g * xsimd::sqrt(past + epsilon) / xsimd::sqrt(square + epsilon);
      V::store(v + i, square, left);
      V::store(u + i, xsimd::fma(rho, past, rest * d * d), left);
      V::store(w + i, weight - rate * d, left);
    });
  }

  [[gnu::flatten]] static void ema(std::int64_t count, float decay, const float* w,
                                   float* average) noexcept {
    const batch rest(1 - decay);
    S::row(count, [&](auto i, int left) {
      const batch old = V::load(average + i, left);
      V::store(average + i, xsimd::fma(rest, V::load(w + i, left) - old, old), left);
    });
  }

  [[gnu::flatten]] static double squared_norm(std::int64_t count, const float* x) noexcept {
    double sum = 0;
    for (std::int64_t first = 0; first < count; first += 1024) {
      batch part(0.0f);
      S::row(count - first < 1024 ? count - first : 1024, [&](auto i, int left) {
        const batch value = V::load(x + first + i, left);
        part = xsimd::fma(value, value, part);
      });
      sum += static_cast<double>(S::sum_of(part));
    }
    return sum;
  }

  [[gnu::flatten]] static void scale_array(std::int64_t count, float factor, float* x) noexcept {
    const batch f(factor);
    S::row(count, [&](auto i, int left) { V::store(x + i, f * V::load(x + i, left), left); });
  }

  static constexpr UpdateFunctions functions{sgd, adam,         rmsprop,    adadelta,
                                             ema, squared_norm, scale_array};
};

}  // namespace
}  // namespace burin::kernels

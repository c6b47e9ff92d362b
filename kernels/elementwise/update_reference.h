// The plain form of update.h, each number computed in double and rounded once.
#pragma once

#include <cmath>

#include "kernels/elementwise/update.h"

namespace burin::kernels {
namespace {

double wide(float x) noexcept { return x; }
float narrow(double x) noexcept { return static_cast<float>(x); }

void sgd(std::int64_t count, const SgdStep& s, const float* gradient, float* w, float* v) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    double d = wide(s.gradient_scale) * gradient[i] + wide(s.weight_decay) * w[i];
    if (s.momentum != 0) {
      const double velocity = wide(s.momentum) * v[i] + d;
      v[i] = narrow(velocity);
      d = s.nesterov ? d + wide(s.momentum) * velocity : velocity;
    }
    w[i] = narrow(w[i] - wide(s.rate) * d);
  }
}

void adam(std::int64_t count, const AdamStep& s, const float* gradient, float* w, float* m,
          float* v) noexcept {
  const double step = wide(s.rate) / wide(s.correction1), root = std::sqrt(wide(s.correction2));
  for (std::int64_t i = 0; i < count; ++i) {
    double g = wide(s.gradient_scale) * gradient[i];
    double weight = w[i];
    if (s.decoupled)
      weight *= 1 - wide(s.rate) * wide(s.weight_decay);
    else
      g += wide(s.weight_decay) * weight;
    const double mean = wide(s.beta1) * m[i] + (1 - wide(s.beta1)) * g;
    const double square = wide(s.beta2) * v[i] + (1 - wide(s.beta2)) * g * g;
    m[i] = narrow(mean);
    v[i] = narrow(square);
    w[i] = narrow(weight - step * mean / (std::sqrt(square) / root + wide(s.epsilon)));
  }
}

void rmsprop(std::int64_t count, const RmspropStep& s, const float* gradient, float* w, float* v,
             float* b) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    const double g = wide(s.gradient_scale) * gradient[i] + wide(s.weight_decay) * w[i];
    const double square = wide(s.alpha) * v[i] + (1 - wide(s.alpha)) * g * g;
    double d = g / (std::sqrt(square) + wide(s.epsilon));
    v[i] = narrow(square);
    if (s.momentum != 0) {
      d += wide(s.momentum) * b[i];
      b[i] = narrow(d);
    }
    w[i] = narrow(w[i] - wide(s.rate) * d);
  }
}

void adadelta(std::int64_t count, const AdadeltaStep& s, const float* gradient, float* w, float* v,
              float* u) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    const double g = wide(s.gradient_scale) * gradient[i] + wide(s.weight_decay) * w[i];
    const double square = wide(s.rho) * v[i] + (1 - wide(s.rho)) * g * g;
    const double d = g * std::sqrt(u[i] + wide(s.epsilon)) / std::sqrt(square + wide(s.epsilon));
    v[i] = narrow(square);
    u[i] = narrow(wide(s.rho) * u[i] + (1 - wide(s.rho)) * d * d);
    w[i] = narrow(w[i] - wide(s.rate) * d);
  }
}

void ema(std::int64_t count, float decay, const float* w, float* average) noexcept {
  for (std::int64_t i = 0; i < count; ++i)
    average[i] = narrow(average[i] + (1 - wide(decay)) * (wide(w[i]) - average[i]));
}

double squared_norm(std::int64_t count, const float* x) noexcept {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += wide(x[i]) * x[i];
  return sum;
}

void scale_array(std::int64_t count, float factor, float* x) noexcept {
  for (std::int64_t i = 0; i < count; ++i) x[i] *= factor;
}

constexpr UpdateFunctions update_reference{sgd, adam,         rmsprop,    adadelta,
                                           ema, squared_norm, scale_array};

}  // namespace
}  // namespace burin::kernels

// The plain form of loss.h, in double.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/elementwise/loss.h"

namespace burin::kernels {
namespace {

double loss_sigmoid(double x) noexcept { return 1.0 / (1.0 + std::exp(-x)); }

// Calls f(p, x[p][c], t[p][c], c) for every number.
template <class F>
void each_pair(Extent e, In x, In t, F f) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p)
    for (std::int64_t c = 0; c < e.channels; ++c)
      f(p, c, static_cast<double>(x.data[p * x.stride + c]),
        static_cast<double>(t.data[p * t.stride + c]));
}

DiceSums dice(Extent e, In x, In target, bool sigmoid) noexcept {
  DiceSums sums;
  each_pair(e, x, target, [&](auto, auto, double v, double t) {
    const double p = sigmoid ? loss_sigmoid(v) : v;
    sums.product += p * t;
    sums.prediction += p;
    sums.target += t;
  });
  return sums;
}

void dice_backward(Extent e, In x, In target, Out dx, float slope, float constant,
                   bool sigmoid) noexcept {
  each_pair(e, x, target, [&](auto p, auto c, double v, double t) {
    const double s = loss_sigmoid(v);
    const double dp = static_cast<double>(slope) * t + static_cast<double>(constant);
    dx.data[p * dx.stride + c] = static_cast<float>(sigmoid ? dp * s * (1 - s) : dp);
  });
}

double bce(Extent e, In x, In target, bool logits) noexcept {
  double sum = 0;
  each_pair(e, x, target, [&](auto, auto, double v, double t) {
    if (logits)
      sum += std::max(v, 0.0) - v * t + std::log1p(std::exp(-std::abs(v)));
    else
      sum -= t * std::max(std::log(v), -100.0) + (1 - t) * std::max(std::log1p(-v), -100.0);
  });
  return sum;
}

void bce_backward(Extent e, In x, In target, Out dx, float factor, bool logits) noexcept {
  each_pair(e, x, target, [&](auto p, auto c, double v, double t) {
    const double g = logits ? loss_sigmoid(v) - t : (v - t) / std::max(v * (1 - v), 1e-12);
    dx.data[p * dx.stride + c] = static_cast<float>(static_cast<double>(factor) * g);
  });
}

double l1(Extent e, In a, In b) noexcept {
  double sum = 0;
  each_pair(e, a, b, [&](auto, auto, double v, double t) { sum += std::abs(v - t); });
  return sum;
}

double l2(Extent e, In a, In b) noexcept {
  double sum = 0;
  each_pair(e, a, b, [&](auto, auto, double v, double t) { sum += (v - t) * (v - t); });
  return sum;
}

void l1_backward(Extent e, In a, In b, Out d, float factor) noexcept {
  each_pair(e, a, b, [&](auto p, auto c, double v, double t) {
    d.data[p * d.stride + c] = v > t ? factor : v < t ? -factor : 0.0f;
  });
}

void l2_backward(Extent e, In a, In b, Out d, float factor) noexcept {
  each_pair(e, a, b, [&](auto p, auto c, double v, double t) {
    d.data[p * d.stride + c] = static_cast<float>(static_cast<double>(factor) * (v - t));
  });
}

double class_weight(const Classes& classes, std::int64_t t) noexcept {
  return classes.weights == nullptr ? 1.0 : static_cast<double>(classes.weights[t]);
}

// Largest logit and log(sum(exp(x - largest))) of a row.
struct LogSum {
  double highest, log_sum;
};
LogSum log_sum(const float* x, std::int64_t channels) noexcept {
  double highest = x[0], sum = 0;
  for (std::int64_t c = 1; c < channels; ++c)
    highest = std::max(highest, static_cast<double>(x[c]));
  for (std::int64_t c = 0; c < channels; ++c) sum += std::exp(x[c] - highest);
  return {highest, std::log(sum)};
}

CrossEntropySums cross_entropy(Extent e, In logits, Classes classes) noexcept {
  CrossEntropySums sums;
  for (std::int64_t p = 0; p < e.pixels; ++p) {
    const std::int64_t t = classes.target[p];
    if (t == classes.ignore) continue;
    if (t < 0 || t >= e.channels) {
      ++sums.bad;
      continue;
    }
    const float* x = logits.data + p * logits.stride;
    const LogSum row = log_sum(x, e.channels);
    const double w = class_weight(classes, t);
    sums.loss += w * (row.log_sum + row.highest - x[t]);
    sums.weight += w;
  }
  return sums;
}

void cross_entropy_backward(Extent e, In logits, Classes classes, Out dx, float factor) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p) {
    const std::int64_t t = classes.target[p];
    const float* x = logits.data + p * logits.stride;
    const LogSum row = log_sum(x, e.channels);
    const bool counts = t != classes.ignore && t >= 0 && t < e.channels;
    const double scale = counts ? static_cast<double>(factor) * class_weight(classes, t) : 0.0;
    for (std::int64_t c = 0; c < e.channels; ++c) {
      const double share = std::exp(x[c] - row.highest - row.log_sum) - (c == t ? 1.0 : 0.0);
      dx.data[p * dx.stride + c] = static_cast<float>(scale * share);
    }
  }
}

constexpr LossFunctions loss_reference{
    dice, dice_backward, bce,         bce_backward,  l1,
    l2,   l1_backward,   l2_backward, cross_entropy, cross_entropy_backward};

}  // namespace
}  // namespace burin::kernels

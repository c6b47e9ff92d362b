// The functions of unary.h and their derivatives, number by number in double.
#pragma once

#include <cmath>
#include <numbers>

#include "kernels/elementwise/unary.h"

namespace burin::kernels {

struct ExactUnary {
  Unary function = Unary::absolute;
  double a = 0, b = 0;

  static double sigmoid(double x) noexcept { return 1 / (1 + std::exp(-x)); }
  static double softplus(double x) noexcept {
    return std::log1p(std::exp(-std::abs(x))) + (x > 0 ? x : 0);
  }
  static double gauss(double x) noexcept { return 0.5 * (1 + std::erf(x / std::numbers::sqrt2)); }
  // The argument of gelu_tanh's tanh, and its derivative.
  static constexpr double tanh_factor = 0.7978845608028654, cube = 0.044715;  // sqrt(2/pi)
  static double inner(double x) noexcept { return tanh_factor * (x + cube * x * x * x); }
  static double inner_slope(double x) noexcept { return tanh_factor * (1 + 3 * cube * x * x); }
  // 0 and 1 where a*x + b leaves them.
  [[nodiscard]] double gate(double x) const noexcept {
    const double t = a * x + b;
    return t < 0 ? 0 : (t > 1 ? 1 : t);
  }
  [[nodiscard]] double gate_slope(double x) const noexcept {
    const double t = a * x + b;
    return t > 0 && t < 1 ? a : 0;
  }

  [[nodiscard]] double operator()(double x) const noexcept {
    switch (function) {
      case Unary::absolute:
        return std::abs(x);
      case Unary::negative:
        return -x;
      case Unary::exponential:
        return std::exp(x);
      case Unary::logarithm:
        return std::log(x);
      case Unary::square_root:
        return std::sqrt(x);
      case Unary::reciprocal:
        return 1 / x;
      case Unary::floor:
        return std::floor(x);
      case Unary::ceil:
        return std::ceil(x);
      case Unary::round:
        return std::nearbyint(x);
      case Unary::sign:
        return x > 0 ? 1 : (x < 0 ? -1 : x);
      case Unary::sine:
        return std::sin(x);
      case Unary::cosine:
        return std::cos(x);
      case Unary::tangent:
        return std::tan(x);
      case Unary::arc_sine:
        return std::asin(x);
      case Unary::arc_cosine:
        return std::acos(x);
      case Unary::arc_tangent:
        return std::atan(x);
      case Unary::sinh:
        return std::sinh(x);
      case Unary::cosh:
        return std::cosh(x);
      case Unary::arc_sinh:
        return std::asinh(x);
      case Unary::arc_cosh:
        return std::acosh(x);
      case Unary::arc_tanh:
        return std::atanh(x);
      case Unary::error_function:
        return std::erf(x);
      case Unary::softplus:
        return softplus(x);
      case Unary::softsign:
        return x / (1 + std::abs(x));
      case Unary::elu:
        return x > 0 ? x : a * std::expm1(x);
      case Unary::selu:
        return b * (x > 0 ? x : a * std::expm1(x));
      case Unary::celu:
        return x > 0 ? x : a * std::expm1(x / a);
      case Unary::hard_sigmoid:
        return gate(x);
      case Unary::hard_swish:
        return x * gate(x);
      case Unary::silu:
        return x * sigmoid(x);
      case Unary::mish:
        return x * std::tanh(softplus(x));
      case Unary::gelu:
        return x * gauss(x);
      case Unary::gelu_tanh:
        return 0.5 * x * (1 + std::tanh(inner(x)));
      case Unary::thresholded_relu:
        return x > a ? x : 0;
      case Unary::shrink:
        return x < -a ? x + b : (x > a ? x - b : 0);
      case Unary::clip:
        return x < a ? (a < b ? a : b) : (x > b ? b : x);
    }
    return x;
  }

  [[nodiscard]] double derivative(double x) const noexcept {
    switch (function) {
      case Unary::absolute:
        return x > 0 ? 1 : (x < 0 ? -1 : 0);
      case Unary::negative:
        return -1;
      case Unary::exponential:
        return std::exp(x);
      case Unary::logarithm:
        return 1 / x;
      case Unary::square_root:
        return 0.5 / std::sqrt(x);
      case Unary::reciprocal:
        return -1 / (x * x);
      case Unary::floor:
      case Unary::ceil:
      case Unary::round:
      case Unary::sign:
        return 0;
      case Unary::sine:
        return std::cos(x);
      case Unary::cosine:
        return -std::sin(x);
      case Unary::tangent:
        return 1 + std::tan(x) * std::tan(x);
      case Unary::arc_sine:
        return 1 / std::sqrt(1 - x * x);
      case Unary::arc_cosine:
        return -1 / std::sqrt(1 - x * x);
      case Unary::arc_tangent:
        return 1 / (1 + x * x);
      case Unary::sinh:
        return std::cosh(x);
      case Unary::cosh:
        return std::sinh(x);
      case Unary::arc_sinh:
        return 1 / std::sqrt(x * x + 1);
      case Unary::arc_cosh:
        return 1 / std::sqrt(x * x - 1);
      case Unary::arc_tanh:
        return 1 / (1 - x * x);
      case Unary::error_function:
        return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x);
      case Unary::softplus:
        return sigmoid(x);
      case Unary::softsign:
        return 1 / ((1 + std::abs(x)) * (1 + std::abs(x)));
      case Unary::elu:
        return x > 0 ? 1 : a * std::exp(x);
      case Unary::selu:
        return b * (x > 0 ? 1 : a * std::exp(x));
      case Unary::celu:
        return x > 0 ? 1 : std::exp(x / a);
      case Unary::hard_sigmoid:
        return gate_slope(x);
      case Unary::hard_swish:
        return gate(x) + x * gate_slope(x);
      case Unary::silu:
        return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
      case Unary::mish: {
        const double t = std::tanh(softplus(x));
        return t + x * (1 - t * t) * sigmoid(x);
      }
      case Unary::gelu:
        return gauss(x) +
               x * std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
      case Unary::gelu_tanh: {
        const double t = std::tanh(inner(x));
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner_slope(x);
      }
      case Unary::thresholded_relu:
        return x > a ? 1 : 0;
      case Unary::shrink:
        return x < -a || x > a ? 1 : 0;
      case Unary::clip:
        return x > a && x < b ? 1 : 0;
    }
    return 1;
  }
};

}  // namespace burin::kernels

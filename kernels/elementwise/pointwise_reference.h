// The plain form of pointwise.h, each number computed in double and rounded once.
#pragma once

#include <cmath>

#include "kernels/elementwise/pointwise.h"

namespace burin::kernels {
namespace {

double exact_sigmoid(double x) noexcept { return 1.0 / (1.0 + std::exp(-x)); }

double exact_activation(double x, Epilogue e) noexcept {
  switch (e.activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return x < 0 ? 0 : x;  // a NaN stays one
    case Activation::leaky_relu:
      return x > 0 ? x : static_cast<double>(e.slope) * x;
    case Activation::relu6:
      return x < 0 ? 0 : (x > 6 ? 6 : x);
    case Activation::sigmoid:
      return exact_sigmoid(x);
    case Activation::tanh:
      return std::tanh(x);
  }
  return x;
}

// act'(x) as a function of y = act(x).
double exact_derivative(double y, Epilogue e) noexcept {
  switch (e.activation) {
    case Activation::none:
      return 1;
    case Activation::relu:
      return y > 0 ? 1 : 0;
    case Activation::leaky_relu:
      return y > 0 ? 1 : static_cast<double>(e.slope);
    case Activation::relu6:
      return y > 0 && y < 6 ? 1 : 0;
    case Activation::sigmoid:
      return y * (1 - y);
    case Activation::tanh:
      return 1 - y * y;
  }
  return 1;
}

// y[p][c] = f(p, c)
template <class F>
void each(Extent e, Out y, F f) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p)
    for (std::int64_t c = 0; c < e.channels; ++c)
      y.data[p * y.stride + c] = static_cast<float>(f(p, c));
}

double at(In x, std::int64_t p, std::int64_t c) noexcept { return x.data[p * x.stride + c]; }
double at(Operand x, std::int64_t p, std::int64_t c) noexcept {
  return x.data[p * x.stride + c * x.step];
}

void activate(Extent e, In x, Out y, Epilogue a) noexcept {
  each(e, y, [=](auto p, auto c) { return exact_activation(at(x, p, c), a); });
}

void activate_backward(Extent e, In dy, In y, Out dx, Epilogue a) noexcept {
  each(e, dx, [=](auto p, auto c) { return at(dy, p, c) * exact_derivative(at(y, p, c), a); });
}

void scale(Extent e, In x, Out y, float factor, float shift) noexcept {
  each(e, y, [=](auto p, auto c) {
    return static_cast<double>(factor) * at(x, p, c) + static_cast<double>(shift);
  });
}

void add(Extent e, Operand a, Operand b, Out y, Epilogue act) noexcept {
  each(e, y, [=](auto p, auto c) { return exact_activation(at(a, p, c) + at(b, p, c), act); });
}

double exact_binary(Binary function, double a, double b) noexcept {
  switch (function) {
    case Binary::add:
      return a + b;
    case Binary::subtract:
      return a - b;
    case Binary::multiply:
      return a * b;
    case Binary::divide:
      return a / b;
    case Binary::maximum:
      return a > b || std::isnan(a) ? a : b;
    case Binary::minimum:
      return a < b || std::isnan(a) ? a : b;
    case Binary::prelu:
      return a > 0 ? a : a * b;
    default:
      return 0;
  }
}

void binary(Binary function, Extent e, Operand a, Operand b, Out y) noexcept {
  each(e, y, [=](auto p, auto c) { return exact_binary(function, at(a, p, c), at(b, p, c)); });
}

void glu(Extent e, In a, In b, Out y) noexcept {
  each(e, y, [=](auto p, auto c) { return at(a, p, c) * exact_sigmoid(at(b, p, c)); });
}

void glu_backward(Extent e, In dy, In a, In b, Out da, Out db) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p)
    for (std::int64_t c = 0; c < e.channels; ++c) {
      const double g = at(dy, p, c), s = exact_sigmoid(at(b, p, c)), value = at(a, p, c);
      da.data[p * da.stride + c] = static_cast<float>(g * s);
      db.data[p * db.stride + c] = static_cast<float>(g * value * s * (1 - s));
    }
}

constexpr PointwiseFunctions pointwise_reference{activate, activate_backward, scale, add, binary,
                                                 glu,      glu_backward};

}  // namespace
}  // namespace burin::kernels

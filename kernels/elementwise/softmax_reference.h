// The plain form of softmax.h, in double.
#pragma once

#include <cmath>

#include "kernels/elementwise/softmax.h"

namespace burin::kernels {
namespace {

// One softmax over x[i*step], i < length.
void softmax_line(std::int64_t length, std::int64_t step, const float* x, float* y,
                  bool logarithm) noexcept {
  double highest = x[0], sum = 0;
  for (std::int64_t i = 1; i < length; ++i)
    if (x[i * step] > highest) highest = x[i * step];
  for (std::int64_t i = 0; i < length; ++i) sum += std::exp(x[i * step] - highest);
  const double log_sum = std::log(sum);
  for (std::int64_t i = 0; i < length; ++i) {
    const double shifted = x[i * step] - highest;
    y[i * step] = static_cast<float>(logarithm ? shifted - log_sum : std::exp(shifted) / sum);
  }
}

void softmax_line_backward(std::int64_t length, std::int64_t step, const float* dy, const float* y,
                           float* dx, bool logarithm) noexcept {
  double sum = 0;
  for (std::int64_t i = 0; i < length; ++i) {
    const double g = dy[i * step];
    sum += logarithm ? g : g * y[i * step];
  }
  for (std::int64_t i = 0; i < length; ++i) {
    const double g = dy[i * step], value = y[i * step];
    dx[i * step] = static_cast<float>(logarithm ? g - std::exp(value) * sum : value * (g - sum));
  }
}

void softmax_forward(Extent e, In x, Out y, bool logarithm) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p)
    softmax_line(e.channels, 1, x.data + p * x.stride, y.data + p * y.stride, logarithm);
}

void softmax_backward(Extent e, In dy, In y, Out dx, bool logarithm) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p)
    softmax_line_backward(e.channels, 1, dy.data + p * dy.stride, y.data + p * y.stride,
                          dx.data + p * dx.stride, logarithm);
}

void softmax_columns(Columns s, const float* x, float* y, bool logarithm) noexcept {
  for (std::int64_t j = 0; j < s.lanes; ++j)
    softmax_line(s.length, s.stride, x + j, y + j, logarithm);
}

void softmax_columns_backward(Columns s, const float* dy, const float* y, float* dx,
                              bool logarithm) noexcept {
  for (std::int64_t j = 0; j < s.lanes; ++j)
    softmax_line_backward(s.length, s.stride, dy + j, y + j, dx + j, logarithm);
}

constexpr SoftmaxFunctions softmax_reference{softmax_forward, softmax_backward, softmax_columns,
                                             softmax_columns_backward};

}  // namespace
}  // namespace burin::kernels

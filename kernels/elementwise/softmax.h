// Softmax over the channels of each row, or over a strided axis of a dense tensor.
#pragma once

#include "kernels/elementwise/rows.h"

namespace burin::kernels {

// x[i*stride + j], i in [0, length) is the softmax axis, j in [0, lanes) independent columns.
struct Columns {
  std::int64_t length = 0, stride = 0, lanes = 0;
};

struct SoftmaxFunctions {
  // y[c] = exp(x[c] - max) / sum(exp(x - max)), or its logarithm. y may be x.
  void (*forward)(Extent, In x, Out y, bool logarithm) noexcept;
  // softmax: dx = y * (dy - sum(dy*y)); log: dx = dy - exp(y) * sum(dy). dx may be dy.
  void (*backward)(Extent, In dy, In y, Out dx, bool logarithm) noexcept;
  // The same over the first axis of columns; all operands share the strides.
  void (*columns)(Columns, const float* x, float* y, bool logarithm) noexcept;
  void (*columns_backward)(Columns, const float* dy, const float* y, float* dx,
                           bool logarithm) noexcept;
};

}  // namespace burin::kernels

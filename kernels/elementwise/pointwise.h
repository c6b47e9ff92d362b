// Activations, sums, products and gated units over rows. All f32; outputs may be one of the inputs
// (same data and stride), but must not overlap them otherwise.
#pragma once

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/rows.h"
#include "kernels/epilogue.h"

namespace burin::kernels {

struct PointwiseFunctions {
  // y = act(x). sigmoid and tanh: at most 4 units in the last place from the exact value
  // (tests/kernels/test_elementwise.cpp).
  void (*activate)(Extent, In x, Out y, Epilogue) noexcept;
  // dx = dy * act'(x), from y = act(x) alone; leaky_relu needs slope > 0.
  void (*activate_backward)(Extent, In dy, In y, Out dx, Epilogue) noexcept;
  // y = factor*x + shift
  void (*scale)(Extent, In x, Out y, float factor, float shift) noexcept;
  // y = act(a + b)
  void (*add)(Extent, Operand a, Operand b, Out y, Epilogue) noexcept;
  // y = f(a, b), f one of those that are vectorized
  void (*binary)(Binary, Extent, Operand a, Operand b, Out y) noexcept;
  // y = a * sigmoid(b)
  void (*glu)(Extent, In a, In b, Out y) noexcept;
  // da = dy * s, db = dy * a * s * (1 - s) with s = sigmoid(b)
  void (*glu_backward)(Extent, In dy, In a, In b, Out da, Out db) noexcept;
};

}  // namespace burin::kernels

// Functions of one number over rows: y = f(x), dx = dy * f'(x). All f32; outputs may be one of the
// inputs (same data and stride), but must not overlap them otherwise.
//
// `a` and `b` are the parameters that a function names below.
#pragma once

#include <string_view>

#include "kernels/elementwise/rows.h"

namespace burin::kernels {

enum class Unary : int {
  absolute,
  negative,
  exponential,
  logarithm,
  square_root,
  reciprocal,
  floor,
  ceil,
  round,  // halves to even
  sign,
  sine,
  cosine,
  tangent,
  arc_sine,
  arc_cosine,
  arc_tangent,
  sinh,
  cosh,
  arc_sinh,
  arc_cosh,
  arc_tanh,
  error_function,
  softplus,          // log(1 + exp(x))
  softsign,          // x / (1 + |x|)
  elu,               // x > 0 ? x : a*(exp(x) - 1)
  selu,              // b * elu(x)
  celu,              // x > 0 ? x : a*(exp(x/a) - 1)
  hard_sigmoid,      // max(0, min(1, a*x + b))
  hard_swish,        // x * max(0, min(1, a*x + b))
  silu,              // x / (1 + exp(-x))
  mish,              // x * tanh(softplus(x))
  gelu,              // x/2 * (1 + erf(x/sqrt(2)))
  gelu_tanh,         // x/2 * (1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))
  thresholded_relu,  // x > a ? x : 0
  shrink,            // x < -a ? x + b : x > a ? x - b : 0
  clip,              // min(b, max(a, x))
};

[[nodiscard]] constexpr std::string_view name_of(Unary function) noexcept {
  constexpr std::string_view names[] = {"abs",        "neg",
                                        "exp",        "log",
                                        "sqrt",       "reciprocal",
                                        "floor",      "ceil",
                                        "round",      "sign",
                                        "sin",        "cos",
                                        "tan",        "asin",
                                        "acos",       "atan",
                                        "sinh",       "cosh",
                                        "asinh",      "acosh",
                                        "atanh",      "erf",
                                        "softplus",   "softsign",
                                        "elu",        "selu",
                                        "celu",       "hard_sigmoid",
                                        "hard_swish", "silu",
                                        "mish",       "gelu",
                                        "gelu_tanh",  "thresholded_relu",
                                        "shrink",     "clip"};
  return names[static_cast<int>(function)];
}

struct UnaryCall {
  Unary function = Unary::absolute;
  float a = 0.0f, b = 0.0f;
};

struct UnaryFunctions {
  void (*forward)(UnaryCall, Extent, In x, Out y) noexcept;
  void (*backward)(UnaryCall, Extent, In dy, In x, Out dx) noexcept;
};

}  // namespace burin::kernels

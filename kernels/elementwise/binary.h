// Functions of two numbers. Those up to prelu are vector kernels in f32 (pointwise.h); the others
// and other types are computed number by number where tensors are known.
#pragma once

#include <string_view>

namespace burin::kernels {

enum class Binary : int {
  add,
  subtract,
  multiply,
  divide,
  maximum,  // a NaN wins
  minimum,
  prelu,      // a > 0 ? a : a*b
  power,      // a^b
  modulo,     // sign of b
  remainder,  // sign of a
  shift_left,
  shift_right,
};

[[nodiscard]] constexpr bool is_vectorized(Binary function) noexcept {
  return function <= Binary::prelu;
}

[[nodiscard]] constexpr std::string_view name_of(Binary function) noexcept {
  constexpr std::string_view names[] = {"add",     "subtract",  "multiply",   "divide",
                                        "maximum", "minimum",   "prelu",      "power",
                                        "modulo",  "remainder", "shift_left", "shift_right"};
  return names[static_cast<int>(function)];
}

}  // namespace burin::kernels

// What a multiply kernel does to a result while it is still in registers.
#pragma once

#include <string_view>

namespace burin::kernels {

enum class Activation : int { none, relu, leaky_relu, relu6, sigmoid, tanh };

[[nodiscard]] constexpr std::string_view name_of(Activation activation) noexcept {
  constexpr std::string_view names[] = {"none", "relu", "leaky_relu", "relu6", "sigmoid", "tanh"};
  return names[static_cast<int>(activation)];
}

// y = act(acc + bias + residual). `slope` is the factor of negative inputs for leaky_relu.
// Registers of a tile are too few for an exponential: which entry applies sigmoid and tanh, table.h
// tells (`applies`).
struct Epilogue {
  Activation activation = Activation::none;
  float slope = 0.0f;
};

}  // namespace burin::kernels

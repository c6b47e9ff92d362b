// What a multiply kernel does to a result while it is still in registers.
#pragma once

namespace burin::kernels {

enum class Activation : int { none, relu, leaky_relu, relu6, sigmoid, tanh };

// y = act(acc + bias + residual). `slope` is the factor of negative inputs for leaky_relu.
// Registers of a tile are too few for an exponential: which entry applies sigmoid and tanh, table.h
// tells (`applies`).
struct Epilogue {
  Activation activation = Activation::none;
  float slope = 0.0f;
};

}  // namespace burin::kernels

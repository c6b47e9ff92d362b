// What a multiply kernel does to a result while it is still in registers.
#pragma once

namespace burin::kernels {

enum class Activation : int { none, relu, leaky_relu, relu6, sigmoid, tanh };

// y = act(acc + bias). `slope` is the factor of negative inputs for leaky_relu.
// Matmul and convolution entries apply none, relu, leaky_relu and relu6; the transcendental ones
// belong to the element-wise family.
struct Epilogue {
  Activation activation = Activation::none;
  float slope = 0.0f;
};

}  // namespace burin::kernels

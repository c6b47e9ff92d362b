// Activations in the attributes of layers, as several passes move them.
#pragma once

#include <variant>

#include "engine/autograd/attributes.h"

namespace burin {

// Every entry of the kernels' tables applies these in its epilogue.
[[nodiscard]] inline bool is_cheap(Activation a) {
  return a == Activation::none || a == Activation::relu || a == Activation::leaky_relu ||
         a == Activation::relu6;
}

// False, and nothing changed, where the attributes have no place for an activation or hold one.
[[nodiscard]] inline bool set_activation(Attributes& attributes, Activation activation,
                                         float slope) {
  return std::visit(
      [=](auto& of) {
        if constexpr (requires { of.activation; }) {
          if (of.activation != Activation::none) return false;
          of.activation = activation;
          of.slope = slope;
          return true;
        }
        return false;
      },
      attributes);
}

}  // namespace burin

// What activations are stored as. Sums are f32 everywhere; weights and biases are given as f32.
#pragma once

#include <cstdint>

namespace burin::kernels {

enum class Element : std::uint8_t { f32, bf16 };

[[nodiscard]] constexpr int bytes_of(Element element) noexcept {
  return element == Element::f32 ? 4 : 2;
}

}  // namespace burin::kernels

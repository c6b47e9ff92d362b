// Tensors with numbers drawn at random, and how far one is from another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tensor/tensor.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace burin::test {

[[nodiscard]] inline Tensor numbers(const Shape& shape, std::uint64_t seed,
                                    Order order = Order::row_major) {
  Random random(seed);
  return Tensor::from(shape, random.reals(static_cast<std::size_t>(shape.elements())), order);
}

// relative_l2 in logical order.
[[nodiscard]] inline double error_of(const Tensor& got, const Tensor& want) {
  const std::vector<float> a = got.to_vector(), b = want.to_vector();
  return relative_l2(std::span<const float>(a), std::span<const float>(b));
}

}  // namespace burin::test

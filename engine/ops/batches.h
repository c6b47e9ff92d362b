// Matrix products of stacks of matrices: [.., m, k] * [.., k, n], leading axes repeated.
#pragma once

#include <array>
#include <string_view>

#include "engine/ops/strided.h"

namespace burin {

// [.., m, n]. Throws Error{op, ...} for ranks below 2, depths that differ, and leading sizes that
// neither agree nor are 1.
[[nodiscard]] Shape product_shape(std::string_view op, const Shape& a, const Shape& b);

// The sizes of all axes but the last two.
[[nodiscard]] Shape leading(const Shape& shape);

// f(i, offset of matrix i in a, in b) for the matrices of a result with these leading sizes; a and b
// are row major.
template <class F>
void each_matrix(const Tensor& a, const Tensor& b, const Shape& batch, const F& f) {
  if (batch.elements() == 0) return;
  const auto steps = [&](const Tensor& t) {
    Steps all = steps_of(t, t.shape()), out{};
    const int own = t.shape().rank() - 2, missing = batch.rank() - own;
    for (int i = 0; i < own; ++i)
      out[static_cast<std::size_t>(i + missing)] = all[static_cast<std::size_t>(i)];
    return out;
  };
  constexpr std::array<int, Shape::max_rank> logical{0, 1, 2, 3, 4, 5};
  Odometer<2> at(batch, logical, batch.rank(), {steps(a), steps(b)});
  for (std::int64_t i = 0; i < batch.elements(); ++i, at.advance())
    f(i, at.offset()[0], at.offset()[1]);
}

}  // namespace burin

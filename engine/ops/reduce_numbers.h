// Reductions of any type over any axes, and what all reductions share.
#pragma once

#include <span>
#include <string_view>

#include "engine/autograd/attributes.h"
#include "engine/ops/strided.h"
#include "engine/tensor/tensor.h"

namespace burin {

// Bit i: axis i is reduced; no axes named: all of them. Throws Error{op, ...} for an axis that the
// shape does not have.
[[nodiscard]] unsigned axis_bits(std::string_view op, const Shape& shape,
                                 std::span<const int> axes);

// The shape of the result; reduced axes stay as size 1 or go.
[[nodiscard]] Shape reduced_shape(const Shape& shape, unsigned axes, bool keep);

// f(position of the result, offset in x, inner) for each number of a result, in parallel: its part
// of x are the indices of shape `inner` from that offset on. y has the reduced axes kept.
template <class F>
void each_part(const Tensor& x, unsigned axes, const Tensor& y, const F& f) {
  Shape inner = x.shape();
  for (int axis = 0; axis < inner.rank(); ++axis)
    if (((axes >> axis) & 1u) == 0) inner = inner.with(axis, 1);
  const std::array<Steps, 2> steps{steps_of(y, y.shape()), steps_of(x, x.shape())};
  const auto order = walk_order(y.shape(), steps[0]);
  runtime::parallel_for(y.elements(), rows_grain(inner.elements()),
                        [&](std::int64_t first, std::int64_t last, int) {
                          Odometer<2> at(y.shape(), order, y.shape().rank(), steps, first);
                          for (std::int64_t i = first; i < last; ++i, at.advance())
                            f(at.offset()[0], at.offset()[1], inner);
                        });
}

// f(offset in x) over the part that begins at `offset`, in logical order.
template <class F>
void each_of_part(const Tensor& x, std::int64_t offset, const Shape& inner, const F& f) {
  if (inner.elements() == 0) return;
  constexpr std::array<int, Shape::max_rank> logical{0, 1, 2, 3, 4, 5};
  Odometer<1> at(inner, logical, inner.rank(), {steps_of(x, x.shape())});
  const std::int64_t count = inner.elements();
  for (std::int64_t i = 0; i < count; ++i, at.advance()) f(offset + at.offset()[0]);
}

// y has the reduced axes kept. Sums of reals are taken in double, those of whole numbers wrap
// around; a mean of whole numbers is cut off.
void reduce_numbers(Reduction function, const Tensor& x, unsigned axes, const Tensor& y);

}  // namespace burin

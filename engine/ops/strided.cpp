#include "engine/ops/strided.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace burin {

Steps steps_of(const Tensor& t, const Shape& shape) {
  Steps steps{};
  const int missing = shape.rank() - t.shape().rank();
  for (int axis = 0; axis < t.shape().rank(); ++axis)
    if (t.shape()[axis] != 1)
      steps[static_cast<std::size_t>(axis + missing)] = t.layout().stride(axis);
  return steps;
}

std::array<int, Shape::max_rank> walk_order(const Shape& shape, const Steps& steps) {
  std::array<int, Shape::max_rank> order{};
  for (int axis = 0; axis < shape.rank(); ++axis) order[static_cast<std::size_t>(axis)] = axis;
  const auto step = [&](int axis) {  // an axis of one index may stand anywhere: outside
    return shape[axis] == 1 ? std::numeric_limits<std::int64_t>::max()
                            : std::abs(steps[static_cast<std::size_t>(axis)]);
  };
  std::stable_sort(order.begin(), order.begin() + shape.rank(),
                   [&](int a, int b) { return step(a) > step(b); });
  return order;
}

}  // namespace burin

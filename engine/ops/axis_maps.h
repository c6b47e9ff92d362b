// Tensors whose axes are read through lists of indices: slices with steps, repetitions, borders,
// gathered entries.
//
//   y[i0, i1, ..] = x[m0[i0], m1[i1], ..], or `fill` where a map says -1
#pragma once

#include <vector>

#include "engine/tensor/tensor.h"

namespace burin {

// One map for each axis of y: the index in x, or -1. x and y have the same rank.
using AxisMaps = std::vector<std::vector<std::int64_t>>;

// 0, 1, .. count - 1
[[nodiscard]] std::vector<std::int64_t> identity_map(std::int64_t count);

// Any type. Written to `target` (of y's shape, any strides) where that is defined.
[[nodiscard]] Tensor read_through(const AxisMaps& maps, const Tensor& x, double fill = 0.0,
                                  const Tensor& target = {});
// dx[m(i)] += dy[i], f32; numbers that arrive at one place are added in logical order.
[[nodiscard]] Tensor add_through(const AxisMaps& maps, const Tensor& dy, const Shape& x);

}  // namespace burin

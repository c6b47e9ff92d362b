// A tensor cut along one axis: concat, slice, glu and softmax are loops over such rows.
#pragma once

#include <string_view>

#include "engine/tensor/tensor.h"

namespace burin {

// `axis` counted from the front; -1 is the last. Throws Error{op, ...} when the shape has no such
// axis.
[[nodiscard]] int axis_of(std::string_view op, const Shape& shape, int axis);

// Number (o, i, j) lies at o*stride + i*inner + j: `outer` rows, `length` along the axis, `inner`
// numbers that follow it in memory. For the channel axis a row is a pixel and inner is 1.
struct AxisRows {
  Tensor tensor;  // channels last; dense unless the axis is 1
  std::int64_t outer = 0, length = 0, inner = 0, stride = 0;
};

// Of `t`, or of a copy where it lies otherwise.
[[nodiscard]] AxisRows axis_rows(const Tensor& t, int axis);

// Copies `count` entries along the axis, from entry `from_first` of one to entry `to_first` of the
// other. Same type.
void copy_entries(const AxisRows& from, std::int64_t from_first, const AxisRows& to,
                  std::int64_t to_first, std::int64_t count);

}  // namespace burin

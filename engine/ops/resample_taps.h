// What the points of a resampled axis read.
//
//   y[o] = sum over the taps of o of weight * x[index]
#pragma once

#include <vector>

#include "engine/autograd/attributes.h"
#include "engine/tensor/shape.h"

namespace burin {

struct ResampleTap {
  std::int64_t index;
  float weight;
};

// Taps of point o: taps[begin[o]] up to taps[begin[o + 1]]; none: the point lies outside.
struct ResampleAxis {
  std::vector<std::int64_t> begin;
  std::vector<ResampleTap> taps;

  [[nodiscard]] std::int64_t points() const noexcept { return std::ssize(begin) - 1; }
};

// Of axis `axis`, in entries long.
[[nodiscard]] ResampleAxis resample_axis(const ResampleAttributes& a, int axis, std::int64_t in);
// Who reads each of the `in` entries: the taps of the gradient.
[[nodiscard]] ResampleAxis adjoint_of(const ResampleAxis& axis, std::int64_t in);

}  // namespace burin

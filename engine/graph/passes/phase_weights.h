// The weights of phase composition (compose_phases.cpp says what that is). Axes are those of the
// image: 2 or 3, each with taps 2 (upsampling), 3 (the convolution behind it) and 4 (both).
#pragma once

#include <cstdint>
#include <span>

#include "engine/ops/step.h"
#include "engine/tensor/tensor.h"

namespace burin {

struct PhaseSizes {
  int axes;
  std::int64_t out, coarse, up, joined;  // channels: of y, of x, of the upsampled, of w3
};

// Of w3 [out, joined, 3^axes], what reads the upsampled channels, those from `first` on, tap by
// tap: [3^axes, up, out].
[[nodiscard]] Tensor weights_by_tap(const Tensor& w3, std::int64_t first, const PhaseSizes& n);

// up [coarse, up, 2^axes] (undefined: nearest, coarse = up), w3 by tap -> [coarse, out, 4^axes], of
// this shape. Products are exact where `exact`, else of whole f32 factors: each result of a program
// has the error of these weights too.
[[nodiscard]] Tensor phase_weights(const Tensor& up, const Tensor& w3, const PhaseSizes& n,
                                   const Shape& shape, bool exact);

// What the products of a learned upsampling cost, in f32 multiply-adds at full speed.
[[nodiscard]] double phase_weights_cost(const PhaseSizes& n);

// [3^axes, out]: what the bias of the upsampling [up] adds at each place of the border, beyond what
// it adds inside of the image, which is added to `inside` [out].
[[nodiscard]] Tensor phase_border(std::span<const double> bias, const Tensor& w3,
                                  const PhaseSizes& n, std::span<double> inside);

}  // namespace burin

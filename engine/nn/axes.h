// A number per axis d,h,w; one number stands for all three.
#pragma once

#include <array>

namespace burin {

struct Axes {
  int d, h, w;
  constexpr Axes(int all)
      : d(all), h(all), w(all) {}  // NOLINT: implicit, so that `.kernel = 3` reads
  constexpr Axes(int depth, int height, int width) : d(depth), h(height), w(width) {}

  // For attributes: a 2-D op keeps `flat` on axis d.
  [[nodiscard]] constexpr std::array<int, 3> of(int dims, int flat) const {
    return {dims == 3 ? d : flat, dims >= 2 ? h : flat, w};
  }
};

}  // namespace burin

// From shares of the field's diameter to pixels: drawing vessels, and the lens's blur.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/fundus_vessels.h"
#include "models/picture_size.h"

namespace burin::models {

// Pixels to shares of the field's diameter, and back.
struct Frame {
  PictureSize size;
  double diameter;  // pixels
  explicit Frame(const PictureSize& s)
      : size(s), diameter(0.93 * static_cast<double>(std::max(s.height, s.width))) {}
  [[nodiscard]] RetinaPoint point(std::int64_t y, std::int64_t x) const {
    return {(static_cast<double>(x) + 0.5 - static_cast<double>(size.width) / 2) / diameter,
            (static_cast<double>(y) + 0.5 - static_cast<double>(size.height) / 2) / diameter};
  }
  [[nodiscard]] double column(double x) const {
    return x * diameter + static_cast<double>(size.width) / 2 - 0.5;
  }
  [[nodiscard]] double row(double y) const {
    return y * diameter + static_cast<double>(size.height) / 2 - 0.5;
  }
  [[nodiscard]] std::size_t index(std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>(y * size.width + x);
  }
};

// f(y, x) over the pixels within `radius` pixels of the box of two points.
template <class F>
void each_near(const Frame& frame, RetinaPoint a, RetinaPoint b, double radius, F f) {
  const auto clip = [](double v, std::int64_t size) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(v), 0, size - 1);
  };
  const double x0 = frame.column(std::min(a.x, b.x)), x1 = frame.column(std::max(a.x, b.x));
  const double y0 = frame.row(std::min(a.y, b.y)), y1 = frame.row(std::max(a.y, b.y));
  for (std::int64_t y = clip(y0 - radius, frame.size.height);
       y <= clip(y1 + radius + 1, frame.size.height); ++y)
    for (std::int64_t x = clip(x0 - radius, frame.size.width);
         x <= clip(x1 + radius + 1, frame.size.width); ++x)
      f(y, x);
}

// Optical depths of arteries and veins, and the label.
struct VesselLayer {
  std::array<std::vector<float>, 2> depth;  // veins, arteries
  std::vector<std::uint8_t> label;
};

// Draws one piece; `clarity` scales its depth.
void draw_piece(const Frame& frame, const VesselPiece& piece, double clarity, VesselLayer& layer);

// Gaussian of `sigma` pixels, separable, clamped at the border.
void blur(std::vector<float>& plane, const PictureSize& size, double sigma);

}  // namespace burin::models

// Curves as inline SVG.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace burin::train {

struct Curve {
  std::string name;
  std::string colour;  // "#b4541a"
  std::vector<std::pair<double, double>> points;
};

// Axes with five round marks each, a legend, at most 400 points a curve (means of neighbours). ""
// without points.
[[nodiscard]] std::string svg_curves(std::span<const Curve> curves, const std::string& x_name);

}  // namespace burin::train

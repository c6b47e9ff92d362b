#include "train/curves.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace burin::train {
namespace {

constexpr double width = 720, height = 260, left = 56, right = 12, top = 26, bottom = 34;

struct Range {
  double least = 1e300, most = -1e300;
  void take(double v) {
    least = std::min(least, v);
    most = std::max(most, v);
  }
};

// The step of 1, 2 or 5 times a power of ten that gives about five marks.
double mark_step(const Range& r) {
  const double raw = (r.most - r.least) / 5;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

std::string format(const char* pattern, double a, double b = 0, double c = 0, double d = 0) {
  char text[256];
  const int n = std::snprintf(text, sizeof text, pattern, a, b, c, d);
  return {text, static_cast<std::size_t>(std::max(n, 0))};
}

std::vector<std::pair<double, double>> thinned(
    const std::vector<std::pair<double, double>>& points) {
  constexpr std::size_t most = 400;
  if (points.size() <= most) return points;
  std::vector<std::pair<double, double>> out;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t begin = i * points.size() / most, end = (i + 1) * points.size() / most;
    double x = 0, y = 0;
    for (std::size_t k = begin; k < end; ++k) x += points[k].first, y += points[k].second;
    const auto n = static_cast<double>(end - begin);
    out.emplace_back(x / n, y / n);
  }
  return out;
}

}  // namespace

std::string svg_curves(std::span<const Curve> curves, const std::string& x_name) {
  Range x, y;
  for (const Curve& c : curves)
    for (const auto& [px, py] : c.points) x.take(px), y.take(py);
  if (x.least > x.most) return "";
  if (x.most == x.least) x.most += 1;
  if (y.most == y.least) y.most += 1e-3;
  const auto at_x = [&](double v) {
    return left + (v - x.least) / (x.most - x.least) * (width - left - right);
  };
  const auto at_y = [&](double v) {
    return height - bottom - (v - y.least) / (y.most - y.least) * (height - top - bottom);
  };
  std::string svg = format("<svg viewBox=\"0 0 %g %g\" role=\"img\">\n", width, height);
  const double sx = mark_step(x), sy = mark_step(y);
  for (double v = std::ceil(y.least / sy) * sy; v <= y.most + sy * 1e-6; v += sy) {
    svg += format("<line class=\"grid\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>", left,
                  width - right, at_y(v), at_y(v));
    svg += format("<text class=\"y\" x=\"%g\" y=\"%.1f\">%.4g</text>\n", left - 6, at_y(v) + 4,
                  std::abs(v) < sy * 1e-6 ? 0 : v);
  }
  for (double v = std::ceil(x.least / sx) * sx; v <= x.most + sx * 1e-6; v += sx)
    svg += format("<text class=\"x\" x=\"%.1f\" y=\"%g\">%.6g</text>\n", at_x(v),
                  height - bottom + 18, v);
  svg += format("<text class=\"x\" x=\"%g\" y=\"%g\">", (left + width - right) / 2, height - 2) +
         x_name + "</text>\n";
  double legend = left;
  for (const Curve& c : curves) {
    svg += "<polyline fill=\"none\" stroke=\"" + c.colour + "\" points=\"";
    for (const auto& [px, py] : thinned(c.points)) svg += format("%.1f,%.1f ", at_x(px), at_y(py));
    svg += "\"/>\n";
    svg += format("<text x=\"%g\" y=\"14\" style=\"fill:", legend) + c.colour + "\">" + c.name +
           "</text>\n";
    legend += 16 + 8 * static_cast<double>(c.name.size());
  }
  return svg + "</svg>\n";
}

}  // namespace burin::train

#include "models/fundus_raster.h"

#include <cmath>

namespace burin::models {
namespace {

// Optical depth in green of a vessel's middle by its width: light lost is 20 % at 0.0025 of the
// diameter and 45 % at 0.01 for veins, less for arteries.
double depth_of(double width, bool artery) {
  return (artery ? 0.72 : 0.92) * width / (width + 0.0040);
}

// Share of the middle's depth at `u` half-widths from the axis: a round cross-section, with the
// reflex of light along wide vessels.
double profile(double u, double width, bool artery) {
  if (u >= 1) return 0;
  const double reflex = std::clamp((width - 0.0035) / 0.0025, 0.0, 1.0) * (artery ? 0.7 : 0.3);
  return std::sqrt(1 - u * u) * (1 - reflex * std::exp(-u * u / 0.08));
}

}  // namespace

void draw_piece(const Frame& frame, const VesselPiece& piece, double clarity, VesselLayer& layer) {
  const double width = (piece.width_from + piece.width_to) / 2, pixels = width * frame.diameter;
  // Half a pixel of softness; what is thinner than a pixel loses depth instead.
  const double half = std::max(pixels, 1.0) / 2 + 0.25;
  const double strength = clarity * depth_of(width, piece.artery) * std::min(pixels, 1.0);
  const double dx = (piece.to.x - piece.from.x) * frame.diameter;
  const double dy = (piece.to.y - piece.from.y) * frame.diameter;
  const double length = std::max(dx * dx + dy * dy, 1e-12);
  std::vector<float>& depth = layer.depth[piece.artery ? 1 : 0];
  each_near(frame, piece.from, piece.to, half + 1, [&](std::int64_t y, std::int64_t x) {
    const double px = static_cast<double>(x) - frame.column(piece.from.x);
    const double py = static_cast<double>(y) - frame.row(piece.from.y);
    const double t = std::clamp((px * dx + py * dy) / length, 0.0, 1.0);
    const double d = std::hypot(px - t * dx, py - t * dy);
    const std::size_t i = frame.index(y, x);
    depth[i] =
        std::max(depth[i], static_cast<float>(strength * profile(d / half, width, piece.artery)));
    if (pixels >= 0.7 && d <= std::max(pixels / 2, 0.6)) layer.label[i] = 1;
  });
}

void blur(std::vector<float>& plane, const PictureSize& size, double sigma) {
  const auto radius = static_cast<std::int64_t>(std::ceil(3 * sigma));
  std::vector<double> weights;
  double total = 0;
  for (std::int64_t i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-static_cast<double>(i * i) / (2 * sigma * sigma)));
    total += weights.back();
  }
  std::vector<float> other(plane.size());
  const auto pass = [&](const std::vector<float>& in, std::vector<float>& out, bool along_x) {
    for (std::int64_t y = 0; y < size.height; ++y)
      for (std::int64_t x = 0; x < size.width; ++x) {
        double sum = 0;
        for (std::int64_t i = -radius; i <= radius; ++i) {
          const std::int64_t v = along_x ? y : std::clamp<std::int64_t>(y + i, 0, size.height - 1);
          const std::int64_t u = along_x ? std::clamp<std::int64_t>(x + i, 0, size.width - 1) : x;
          sum += weights[static_cast<std::size_t>(i + radius)] *
                 static_cast<double>(in[static_cast<std::size_t>(v * size.width + u)]);
        }
        out[static_cast<std::size_t>(y * size.width + x)] = static_cast<float>(sum / total);
      }
  };
  pass(plane, other, true);
  pass(other, plane, false);
}

}  // namespace burin::models

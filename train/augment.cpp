#include "train/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace burin::train {
namespace {

double between(Draws& draws, double least, double most) {
  return least + (most - least) * static_cast<double>(draws.uniform());
}

std::array<double, 4> product(const std::array<double, 4>& a, const std::array<double, 4>& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2],
          a[2] * b[1] + a[3] * b[3]};
}

// Weights of the four nodes around a place t in [0,1) between the middle two (uniform cubic
// B-spline).
std::array<double, 4> spline(double t) noexcept {
  const double u = 1 - t;
  return {u * u * u / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * u * u * u - 6 * u * u + 4) / 6,
          t * t * t / 6};
}

struct Place {
  double y, x;
};

Place displacement(const Motion& m, double y, double x) noexcept {
  const auto cell = [&](double v) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(v / m.cell), 0, m.nodes - 4);
  };
  const std::int64_t iy = cell(y), ix = cell(x);
  const auto wy = spline(y / m.cell - static_cast<double>(iy));
  const auto wx = spline(x / m.cell - static_cast<double>(ix));
  Place sum{0, 0};
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = 0; b < 4; ++b) {
      const auto node = static_cast<std::size_t>(iy) + a;
      const std::size_t at =
          2 * (node * static_cast<std::size_t>(m.nodes) + static_cast<std::size_t>(ix) + b);
      sum.y += wy[a] * wx[b] * m.displacement[at];
      sum.x += wy[a] * wx[b] * m.displacement[at + 1];
    }
  return sum;
}

// Bilinear between the four neighbours, 0 beyond the image.
void interpolate(const Case& source, Place at, float* out) noexcept {
  const double fy = std::floor(at.y), fx = std::floor(at.x);
  const auto y0 = static_cast<std::int64_t>(fy), x0 = static_cast<std::int64_t>(fx);
  const auto ty = static_cast<float>(at.y - fy), tx = static_cast<float>(at.x - fx);
  for (std::int64_t c = 0; c < source.channels; ++c) {
    const auto pixel = [&](std::int64_t y, std::int64_t x) {
      const bool inside = y >= 0 && y < source.height && x >= 0 && x < source.width;
      return inside ? source.image[static_cast<std::size_t>(
                          (y * source.width + x) * source.channels + c)]
                    : 0.0f;
    };
    const float top = pixel(y0, x0) * (1 - tx) + pixel(y0, x0 + 1) * tx;
    const float bottom = pixel(y0 + 1, x0) * (1 - tx) + pixel(y0 + 1, x0 + 1) * tx;
    out[c] = top * (1 - ty) + bottom * ty;
  }
}

}  // namespace

Motion draw_motion(const AugmentOptions& o, std::int64_t patch, Draws& draws) {
  Motion motion;
  auto& m = motion.matrix;
  if (o.flip_horizontal && draws.bits() % 2) m = product(m, {1, 0, 0, -1});
  if (o.flip_vertical && draws.bits() % 2) m = product(m, {-1, 0, 0, 1});
  if (o.quarter_turns)
    for (auto turns = draws.bits() % 4; turns > 0; --turns) m = product(m, {0, -1, 1, 0});
  if (o.rotate > 0) {
    const double angle = between(draws, -o.rotate, o.rotate) * std::numbers::pi / 180;
    m = product(m, {std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle)});
  }
  if (o.zoom > 0) {
    const double scale = 1 / (1 + between(draws, -o.zoom, o.zoom));
    for (auto& v : m) v *= scale;
  }
  if (o.elastic > 0) {
    motion.cell = o.elastic_cell;
    motion.nodes =
        static_cast<std::int64_t>(std::ceil(static_cast<double>(patch) / motion.cell)) + 3;
    motion.displacement.resize(static_cast<std::size_t>(2 * motion.nodes * motion.nodes));
    for (auto& d : motion.displacement) d = o.elastic * static_cast<double>(draws.normal());
  }
  return motion;
}

Colouring draw_colouring(const AugmentOptions& o, Draws& draws) {
  Colouring c;
  c.brightness = between(draws, -o.brightness, o.brightness);
  c.contrast = 1 + between(draws, -o.contrast, o.contrast);
  c.gamma = std::exp2(between(draws, -o.gamma, o.gamma));
  for (auto& gain : c.gain) gain = 1 + between(draws, -o.colour, o.colour);
  c.noise = between(draws, 0, o.noise);
  return c;
}

Patch cut_patch(const Case& source, std::int64_t cy, std::int64_t cx, std::int64_t size,
                const Motion& motion, std::int32_t outside) {
  Patch patch;
  patch.size = size;
  patch.channels = source.channels;
  patch.image.resize(static_cast<std::size_t>(size * size * source.channels));
  patch.label.resize(static_cast<std::size_t>(size * size));
  patch.field.resize(static_cast<std::size_t>(size * size));
  const double middle = (static_cast<double>(size) - 1) / 2;
  // An even patch has its middle between pixels; flips and turns keep pixels on pixels all the
  // same.
  const double shift = size % 2 == 0 ? 0.5 : 0.0;
  const auto& m = motion.matrix;
  for (std::int64_t y = 0; y < size; ++y)
    for (std::int64_t x = 0; x < size; ++x) {
      const double dy = static_cast<double>(y) - middle, dx = static_cast<double>(x) - middle;
      Place at{static_cast<double>(cy) - shift + m[0] * dy + m[1] * dx,
               static_cast<double>(cx) - shift + m[2] * dy + m[3] * dx};
      if (motion.nodes > 0) {
        const Place d = displacement(motion, static_cast<double>(y), static_cast<double>(x));
        at.y += d.y, at.x += d.x;
      }
      const auto i = static_cast<std::size_t>(y * size + x);
      interpolate(source, at, &patch.image[i * static_cast<std::size_t>(source.channels)]);
      const auto ny = static_cast<std::int64_t>(std::floor(at.y + 0.5));
      const auto nx = static_cast<std::int64_t>(std::floor(at.x + 0.5));
      const bool inside = ny >= 0 && ny < source.height && nx >= 0 && nx < source.width;
      const auto j = static_cast<std::size_t>(ny * source.width + nx);
      patch.label[i] = inside ? source.label[j] : outside;
      patch.field[i] = inside && (source.field.empty() || source.field[j]) ? 1 : 0;
    }
  return patch;
}

void colour_patch(Patch& patch, const Colouring& c, Draws& draws) {
  const auto channels = static_cast<std::size_t>(patch.channels);
  for (std::size_t i = 0; i < patch.field.size(); ++i) {
    for (std::size_t k = 0; k < channels; ++k) {
      const double noise = c.noise > 0 ? c.noise * static_cast<double>(draws.normal()) : 0.0;
      if (!patch.field[i]) continue;
      float& pixel = patch.image[i * channels + k];
      double v = (pixel + c.brightness - 0.5) * c.contrast + 0.5;
      v = std::pow(std::clamp(v, 0.0, 1.0), c.gamma) * c.gain[std::min<std::size_t>(k, 3)] + noise;
      pixel = static_cast<float>(std::clamp(v, 0.0, 1.0));
    }
  }
}

}  // namespace burin::train

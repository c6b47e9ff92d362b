#include "models/fundus_synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "engine/error.h"
#include "models/fundus_raster.h"
#include "models/noise_field.h"

namespace burin::models {
namespace {

using Colour = std::array<double, 3>;

// Uses of random numbers: `op` of their key.
enum Use : std::uint32_t {
  use_plan = 0x6675,
  use_light,
  use_texture,
  use_choroid,
  use_grain,
  use_sensor
};

// Blobs that are not vessels.
struct Lesion {
  RetinaPoint at;
  double radius, stretch, angle, depth;  // depth > 0: darker, < 0: brighter
};

class Painter {
 public:
  Painter(const Frame& frame, std::uint64_t seed, std::uint64_t sample)
      : frame_(frame),
        seed_(seed),
        sample_(sample),
        random_(key(use_plan)),
        plan_(draw_retina(random_)),
        light_(key(use_light), 2.5, 2),
        texture_(key(use_texture), 14, 4),
        choroid_(key(use_choroid), 24, 3) {}

  SyntheticFundus paint() {
    const auto pixels = static_cast<std::size_t>(frame_.size.pixels());
    VesselLayer vessels{{std::vector<float>(pixels), std::vector<float>(pixels)},
                        std::vector<std::uint8_t>(pixels)};
    draw_look();
    const double clarity = uniform(0.85, 1.2);
    for (const VesselPiece& piece : grow_vessels(plan_, random_))
      draw_piece(frame_, piece, clarity, vessels);
    const std::vector<float> blobs = draw_lesions();
    std::array<std::vector<float>, 3> planes;
    for (auto& plane : planes) plane.resize(pixels);
    const runtime::RandomStream grain(key(use_grain));
    for (std::int64_t y = 0; y < frame_.size.height; ++y)
      for (std::int64_t x = 0; x < frame_.size.width; ++x) {
        const std::size_t i = frame_.index(y, x);
        const double depth = std::min(0.9, static_cast<double>(vessels.depth[0][i]) +
                                               0.8 * static_cast<double>(vessels.depth[1][i]));
        const double rough = grain_ * static_cast<double>(grain.normal(i));
        const Colour colour =
            shade(frame_.point(y, x), depth, static_cast<double>(blobs[i]), rough);
        for (std::size_t c = 0; c < 3; ++c) planes[c][i] = static_cast<float>(colour[c]);
      }
    for (auto& plane : planes) blur(plane, frame_.size, std::max(0.4, blur_ * frame_.diameter));
    return expose(planes, std::move(vessels.label));
  }

 private:
  [[nodiscard]] runtime::RandomKey key(Use use) const { return {seed_, use, 0, sample_}; }
  double uniform(double low, double high) {
    return static_cast<double>(random_.uniform(static_cast<float>(low), static_cast<float>(high)));
  }

  // Colours, light and faults of this photograph.
  void draw_look() {
    base_ = {uniform(185, 215), uniform(50, 82), uniform(22, 42)};
    vignette_ = uniform(0.3, 0.9);
    const double angle = uniform(0, 2 * std::numbers::pi), tilt = uniform(0.3, 0.8);
    tilt_ = {tilt * std::cos(angle), tilt * std::sin(angle)};
    unevenness_ = uniform(0.2, 0.36);
    choroid_depth_ = random_.chance(0.6f) ? uniform(0.03, 0.14) : 0.0;
    texture_depth_ = uniform(0.02, 0.06);
    grain_ = uniform(0.02, 0.06);
    macula_depth_ = uniform(0.25, 0.6);
    blur_ = uniform(0.0006, 0.0012);
    noise_ = uniform(0.6, 2.2);
  }

  std::vector<float> draw_lesions() {
    std::vector<Lesion> lesions;
    const auto scatter = [&](std::uint64_t most, double low, double high, double depth) {
      const auto count = random_.below(most);
      for (std::uint64_t i = 0; i < count; ++i)
        lesions.push_back({{uniform(-0.45, 0.45), uniform(-0.45, 0.45)},
                           low + (high - low) * std::pow(uniform(0, 1), 2),
                           uniform(0.5, 1),
                           uniform(0, std::numbers::pi),
                           depth * uniform(0.4, 1)});
    };
    scatter(random_.chance(0.6f) ? 40 : 4, 0.002, 0.012, 0.5);   // haemorrhages
    scatter(random_.chance(0.4f) ? 40 : 2, 0.002, 0.010, -0.5);  // exudates
    scatter(random_.chance(0.3f) ? 12 : 2, 0.01, 0.04, 0.3);     // pigment
    std::vector<float> depth(static_cast<std::size_t>(frame_.size.pixels()));
    for (const Lesion& lesion : lesions) draw_lesion(lesion, depth);
    return depth;
  }

  void draw_lesion(const Lesion& lesion, std::vector<float>& depth) const {
    const double radius = lesion.radius * frame_.diameter, cosine = std::cos(lesion.angle),
                 sine = std::sin(lesion.angle);
    each_near(frame_, lesion.at, lesion.at, 2 * radius, [&](std::int64_t y, std::int64_t x) {
      const RetinaPoint p = frame_.point(y, x);
      const double dx = p.x - lesion.at.x, dy = p.y - lesion.at.y;
      const double u = (cosine * dx + sine * dy) / lesion.radius;
      const double v = (cosine * dy - sine * dx) / (lesion.radius * lesion.stretch);
      const double ragged = 1 + 0.6 * texture_(p.x, p.y);
      const double edge = (1 - std::sqrt(u * u + v * v) / std::max(0.3, ragged)) * 3;
      depth[frame_.index(y, x)] += static_cast<float>(lesion.depth * std::clamp(edge, 0.0, 1.0));
    });
  }

  // Light that reaches a point, 1 on average.
  [[nodiscard]] double light(RetinaPoint p) const {
    const double r2 = 4 * (p.x * p.x + p.y * p.y);
    const double even = 1 - vignette_ * 0.5 * r2 * r2 + tilt_.x * p.x + tilt_.y * p.y;
    const double dm = std::hypot(p.x - plan_.macula.x, p.y - plan_.macula.y);
    const double macula = 1 - macula_depth_ * (0.6 * std::exp(-dm * dm / (2 * 0.07 * 0.07)) +
                                               0.4 * std::exp(-dm * dm / (2 * 0.02 * 0.02)));
    return std::max(0.15, (even + unevenness_ * light_(p.x, p.y)) * macula);
  }

  // 0 outside of the disc, 1 inside; the cup is brighter.
  [[nodiscard]] double disc(RetinaPoint p) const {
    const double d =
        std::hypot((p.x - plan_.disc.x) * 1.08, p.y - plan_.disc.y) / plan_.disc_radius;
    const double cup = std::exp(-d * d / 0.3);
    return std::clamp((1.1 - d) * 4, 0.0, 1.0) * (0.62 + 0.38 * cup) + 0.12 * std::exp(-d * d / 6);
  }

  [[nodiscard]] Colour shade(RetinaPoint p, double vessel, double lesion, double rough) const {
    const double lit = light(p);
    // Bright ridges between dark islands, like choroidal vessels.
    const double ridge = 1 - 2.5 * std::abs(choroid_(p.x + 0.04 * light_(p.y, p.x), 0.6 * p.y));
    const double pattern =
        1 + texture_depth_ * texture_(p.x, p.y) + choroid_depth_ * ridge * (1 - disc(p)) + rough;
    const double d = std::min(1.0, disc(p));
    const Colour pale{250, 205, 130};
    const std::array<double, 3> light_power{0.45, 1.1, 0.9}, pattern_power{0.35, 1, 0.9},
        vessel_share{0.16, 1, 0.3}, lesion_share{0.35, 1, 0.8};
    Colour out;
    for (std::size_t c = 0; c < 3; ++c) {
      const double tissue = base_[c] * std::pow(lit, light_power[c]) *
                            std::pow(std::max(0.2, pattern), pattern_power[c]);
      const double bare = tissue + d * (pale[c] * std::pow(lit, 0.3) - tissue);
      out[c] = bare * std::exp(-vessel_share[c] * vessel - lesion_share[c] * lesion);
    }
    return out;
  }

  // The sensor's noise, the black surround, 8 bits.
  SyntheticFundus expose(const std::array<std::vector<float>, 3>& planes,
                         std::vector<std::uint8_t> label) const {
    SyntheticFundus out{frame_.size, {}, std::move(label), {}};
    out.field.resize(out.vessels.size());
    out.rgb.resize(3 * out.vessels.size());
    const runtime::RandomStream sensor(key(use_sensor));
    for (std::int64_t y = 0; y < frame_.size.height; ++y)
      for (std::int64_t x = 0; x < frame_.size.width; ++x) {
        const std::size_t i = frame_.index(y, x);
        const RetinaPoint p = frame_.point(y, x);
        out.field[i] = std::hypot(p.x, p.y) < 0.5;
        out.vessels[i] &= out.field[i];
        for (std::size_t c = 0; c < 3; ++c) {
          const double noise = noise_ * static_cast<double>(sensor.normal(3 * i + c));
          const double value =
              out.field[i] != 0 ? static_cast<double>(planes[c][i]) + noise : 1 + 0.3 * noise;
          out.rgb[3 * i + c] = static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
        }
      }
    return out;
  }

  Frame frame_;
  std::uint64_t seed_, sample_;
  runtime::RandomSequence random_;
  RetinaPlan plan_;
  NoiseField light_, texture_, choroid_;
  Colour base_{};
  RetinaPoint tilt_;
  double vignette_ = 0, unevenness_ = 0, choroid_depth_ = 0, texture_depth_ = 0, grain_ = 0,
         macula_depth_ = 0, blur_ = 0, noise_ = 0;
};

}  // namespace

SyntheticFundus synthesize_fundus(const PictureSize& size, std::uint64_t seed,
                                  std::uint64_t sample) {
  if (std::min(size.height, size.width) < 16 || std::max(size.height, size.width) > 8192)
    throw Error("synthesize_fundus", "sides of 16 to 8192 pixels",
                std::to_string(size.height) + "x" + std::to_string(size.width));
  return Painter(Frame(size), seed, sample).paint();
}

}  // namespace burin::models

// Resize and Upsample of spatial axes, as far as the engine's resize does them: nearest by half
// pixels or by whole factors, linear by half pixels or aligned corners.
#include <cmath>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

// Sizes of all axes from factors: floor(size * factor), in f32 as the factors are.
std::vector<std::int64_t> sizes_by(ImportContext& c, const Shape& x,
                                   std::span<const float> scales) {
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const float size = std::floor(static_cast<float>(x[static_cast<int>(i)]) * scales[i]);
    if (!(size >= 1 && size < 0x1p31f)) c.refuse("a factor of " + std::to_string(scales[i]));
    sizes.push_back(static_cast<std::int64_t>(size));
  }
  return sizes;
}

// What the result's sizes are: an operand of sizes, or of factors, or (opsets 7 and 8) an attribute.
std::vector<std::int64_t> sizes_of(ImportContext& c, const Shape& x, bool& exact) {
  const bool upsample = c.op() == "Upsample", with_roi = !upsample && c.opset() >= 11;
  std::vector<std::int64_t> sizes;
  std::vector<float> scales;
  if (with_roi && c.has(3))
    sizes = c.integers_of(c.operand(3), "sizes");
  else if (c.has(with_roi ? 2 : 1))
    scales = c.numbers_of(c.operand(with_roi ? 2 : 1), "scales");
  else
    scales = c.numbers("scales").value_or(std::vector<float>());
  if (static_cast<int>(sizes.empty() ? scales.size() : sizes.size()) != x.rank())
    c.refuse("factors or sizes of another count than the axes of x");
  if (!sizes.empty()) return sizes;
  sizes = sizes_by(c, x, scales);
  // A factor that is not out/in moves the points; only exact ones are told by sizes alone.
  for (int i = 0; i < x.rank(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    exact = exact && scales[at] * static_cast<float>(x[i]) == static_cast<float>(sizes[at]);
  }
  return sizes;
}

bool whole_factors(const Shape& x, std::span<const std::int64_t> sizes) {
  for (int i = 0; i < x.rank(); ++i)
    if (x[i] < 1 || sizes[static_cast<std::size_t>(i)] % x[i] != 0) return false;
  return true;
}

struct Points {
  std::string mode, coordinates, rounding;
};

Points points_of(ImportContext& c) {
  const bool old = c.op() == "Upsample" || c.opset() < 11;
  Points p{.mode = c.text("mode", "nearest"), .coordinates = "asymmetric", .rounding = "floor"};
  if (!old) {
    p.coordinates = c.text("coordinate_transformation_mode", "half_pixel");
    p.rounding = c.text("nearest_mode", "round_prefer_floor");
    c.ignore({"cubic_coeff_a", "exclude_outside", "extrapolation_value"});
    if (c.integer("antialias", 0) != 0) c.refuse("antialias");
    if (c.has_attribute("axes")) c.refuse("axes");
    if (c.text("keep_aspect_ratio_policy", "stretch") != "stretch")
      c.refuse("keep_aspect_ratio_policy");
  }
  return p;
}

void import_resize(ImportContext& c) {
  const int x = c.f32(0);
  const Shape& shape = c.shape(x);
  if (shape.rank() < 3 || shape.rank() > 5) c.refuse("x of " + shape.text());
  const Points p = points_of(c);
  bool exact = true;
  const std::vector<std::int64_t> sizes = sizes_of(c, shape, exact);
  if (sizes[0] != shape[0] || sizes[1] != shape[1]) c.refuse("sizes of batch or channels");
  if (!exact) c.refuse("factors that are no quotient of sizes");
  ResizeAttributes a;
  for (int i = 2; i < shape.rank(); ++i)
    a.size[static_cast<std::size_t>(i + 3 - shape.rank())] = sizes[static_cast<std::size_t>(i)];
  const std::string modes = p.mode + ", " + p.coordinates;
  if (p.mode == "nearest") {
    // The engine rounds ties up; points that whole factors repeat lie off the ties.
    const bool corners = p.coordinates == "align_corners", half = p.coordinates == "half_pixel";
    const bool ties_up = (corners || half) && p.rounding == "round_prefer_ceil";
    const bool repeats =
        whole_factors(shape, sizes) && ((p.coordinates == "asymmetric" && p.rounding == "floor") ||
                                        (half && p.rounding.starts_with("round")));
    if (!repeats && !ties_up) c.refuse("mode " + modes + ", " + p.rounding);
    if (corners) a.coordinates = ResizeCoordinates::align_corners;
  } else if (p.mode == "linear" || p.mode == "bilinear") {
    a.mode = ResizeMode::bilinear;
    bool single = false;
    for (int i = 2; i < shape.rank(); ++i) single |= sizes[static_cast<std::size_t>(i)] == 1;
    if (p.coordinates == "align_corners")
      a.coordinates = ResizeCoordinates::align_corners;
    else if (p.coordinates != "half_pixel" && (p.coordinates != "pytorch_half_pixel" || single))
      c.refuse("mode " + modes);
  } else {
    c.refuse("mode " + p.mode);
  }
  c.set(0, c.add(resize_op, {x}, a));
}

constexpr OnnxRule rules[] = {{"Resize", import_resize}, {"Upsample", import_resize}};

}  // namespace

std::span<const OnnxRule> onnx_rules_resize() { return rules; }

}  // namespace burin

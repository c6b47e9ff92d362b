// Resize and Upsample: the engine's resize where it has the mode, else resample; GridSample.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

template <class T, std::size_t N>
T named(ImportContext& c, std::string_view attribute, std::string_view fallback,
        const std::pair<std::string_view, T> (&names)[N]) {
  const std::string text = c.text(attribute, fallback);
  for (const auto& [name, value] : names)
    if (name == text) return value;
  c.refuse(std::string(attribute) + " " + text);
}

void read_mode(ImportContext& c, ResampleAttributes& a) {
  using enum ResamplePoints;
  a.mode = named<ResampleMode>(c, "mode", "nearest",
                               {{"nearest", ResampleMode::nearest},
                                {"linear", ResampleMode::linear},
                                {"bilinear", ResampleMode::linear},
                                {"cubic", ResampleMode::cubic}});
  a.points = asymmetric;
  a.rounding = ResampleRounding::floor;
  if (c.op() == "Upsample" || c.opset() < 11) return;
  a.points = named<ResamplePoints>(c, "coordinate_transformation_mode", "half_pixel",
                                   {{"half_pixel", half_pixel},
                                    {"half_pixel_symmetric", half_pixel_symmetric},
                                    {"pytorch_half_pixel", pytorch_half_pixel},
                                    {"align_corners", align_corners},
                                    {"asymmetric", asymmetric},
                                    {"tf_half_pixel_for_nn", tf_half_pixel_for_nn},
                                    {"tf_crop_and_resize", tf_crop_and_resize}});
  a.rounding = named<ResampleRounding>(c, "nearest_mode", "round_prefer_floor",
                                       {{"round_prefer_floor", ResampleRounding::prefer_floor},
                                        {"round_prefer_ceil", ResampleRounding::prefer_ceil},
                                        {"floor", ResampleRounding::floor},
                                        {"ceil", ResampleRounding::ceil}});
  a.cubic = static_cast<double>(c.number("cubic_coeff_a", -0.75f));
  a.outside = static_cast<double>(c.number("extrapolation_value", 0.0f));
  a.exclude_outside = c.integer("exclude_outside", 0) != 0 && a.mode == ResampleMode::cubic;
  a.antialias = c.integer("antialias", 0) != 0 && a.mode != ResampleMode::nearest;
}

// Sizes and scales of all axes: `axes` (opset 18) get what is written, the others stay.
class Extents {
 public:
  Extents(ImportContext& c, const Shape& x, ResampleAttributes& a) : c_(c), x_(x), a_(a) {
    const bool with_roi = c.op() == "Resize" && c.opset() >= 11;
    const auto rank = static_cast<std::size_t>(x.rank());
    a.size.assign(x.sizes().begin(), x.sizes().end());
    a.scale.assign(rank, 1.0);
    axes_.resize(rank);
    std::iota(axes_.begin(), axes_.end(), 0);
    if (const auto written = c.integers("axes")) read_axes(*written);
    if (with_roi && c.has(3))
      by_sizes(c.integers_of(c.operand(3), "sizes"));
    else if (c.has(with_roi ? 2 : 1))
      by_scales(c.numbers_of(c.operand(with_roi ? 2 : 1), "scales"));
    else
      by_scales(c.numbers("scales").value_or(std::vector<float>()));
    if (a.points == ResamplePoints::tf_crop_and_resize) read_part();
  }

 private:
  void read_axes(std::span<const std::int64_t> written) {
    static_cast<void>(c_.axes(written, x_.rank()));  // each once
    axes_.clear();
    for (const std::int64_t axis : written) axes_.push_back(c_.axis(axis, x_.rank()));
  }

  void check_count(std::size_t count, std::string_view what) const {
    if (count != axes_.size())
      c_.refuse(std::string(what) + " of " + std::to_string(count) + " numbers");
  }

  [[nodiscard]] double length(std::size_t i) const { return static_cast<double>(x_[axes_[i]]); }

  void set(std::size_t i, double size, double scale) {
    if (!(size >= 1 && size < 0x1p31)) c_.refuse("a result of " + std::to_string(size));
    const auto axis = static_cast<std::size_t>(axes_[i]);
    a_.size[axis] = static_cast<std::int64_t>(size);
    a_.scale[axis] = scale;
  }

  void by_scales(const std::vector<float>& scales) {
    check_count(scales.size(), "scales");
    for (std::size_t i = 0; i < scales.size(); ++i) {
      // In f32, as the scales are.
      const float size = std::floor(static_cast<float>(x_[axes_[i]]) * scales[i]);
      set(i, static_cast<double>(size), static_cast<double>(scales[i]));
    }
  }

  void by_sizes(const std::vector<std::int64_t>& sizes) {
    check_count(sizes.size(), "sizes");
    const std::string policy = c_.text("keep_aspect_ratio_policy", "stretch");
    if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
      c_.refuse("keep_aspect_ratio_policy " + policy);
    std::vector<double> scales;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      scales.push_back(static_cast<double>(sizes[i]) / length(i));
    if (policy != "stretch" && !scales.empty()) {
      const auto [least, greatest] = std::minmax_element(scales.begin(), scales.end());
      std::ranges::fill(scales, policy == "not_larger" ? *least : *greatest);
    }
    for (std::size_t i = 0; i < sizes.size(); ++i)
      set(i,
          policy == "stretch" ? static_cast<double>(sizes[i]) : std::round(scales[i] * length(i)),
          scales[i]);
  }

  // Starts of all axes, then ends.
  void read_part() {
    const std::vector<float> roi = c_.numbers_of(c_.operand(1), "roi");
    check_count(roi.size() / 2, "roi");
    a_.first.assign(a_.size.size(), 0.0);
    a_.last.assign(a_.size.size(), 1.0);
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const auto axis = static_cast<std::size_t>(axes_[i]);
      a_.first[axis] = static_cast<double>(roi[i]);
      a_.last[axis] = static_cast<double>(roi[i + axes_.size()]);
    }
  }

  ImportContext& c_;
  const Shape x_;
  ResampleAttributes& a_;
  std::vector<int> axes_;
};

bool whole_factors(const Shape& x, const ResampleAttributes& a) {
  for (int i = 0; i < x.rank(); ++i)
    if (a.size[static_cast<std::size_t>(i)] % x[i] != 0) return false;
  return true;
}

// Images whose factors are quotients of sizes, in a mode that the engine's resize has.
bool fits_resize(const Shape& x, const ResampleAttributes& a) {
  if (x.rank() < 3 || x.rank() > 5 || a.size[0] != x[0] || a.size[1] != x[1]) return false;
  bool single = false;
  for (int i = 0; i < x.rank(); ++i) {
    const auto n = static_cast<std::size_t>(i);
    const float exact_size = static_cast<float>(a.scale[n]) * static_cast<float>(x[i]);
    if (x[i] < 1 || exact_size != static_cast<float>(a.size[n])) return false;
    single |= i > 1 && a.size[n] == 1;
  }
  if (a.antialias || a.mode == ResampleMode::cubic) return false;
  const bool half_pixel = a.points == ResamplePoints::half_pixel;
  if (a.mode == ResampleMode::linear)
    return half_pixel || a.points == ResamplePoints::align_corners ||
           (a.points == ResamplePoints::pytorch_half_pixel && !single);
  // Whole factors repeat points, by any of these.
  const bool rounds = a.rounding <= ResampleRounding::prefer_ceil;
  const bool floors = a.rounding == ResampleRounding::floor;
  return whole_factors(x, a) &&
         ((half_pixel && rounds) || (a.points == ResamplePoints::asymmetric && floors));
}

void import_resize(ImportContext& c) {
  const int x = c.operand(0);
  const Shape shape = c.shape(x);
  ResampleAttributes a;
  read_mode(c, a);
  const Extents extents(c, shape, a);
  c.ignore({"cubic_coeff_a", "exclude_outside", "extrapolation_value", "antialias",
            "keep_aspect_ratio_policy"});
  if (c.type(x) != DType::f32 || !fits_resize(shape, a))
    return c.set(0, c.add(resample_op, {x}, a));
  ResizeAttributes r{.mode = a.mode == ResampleMode::linear ? ResizeMode::bilinear
                                                            : ResizeMode::nearest};
  if (a.points == ResamplePoints::align_corners) r.coordinates = ResizeCoordinates::align_corners;
  for (int i = 2; i < shape.rank(); ++i)
    r.size[static_cast<std::size_t>(i + 3 - shape.rank())] = a.size[static_cast<std::size_t>(i)];
  c.set(0, c.add(resize_op, {x}, r));
}

void import_grid_sample(ImportContext& c) {
  const GridAttributes a{.mode = named<GridMode>(c, "mode", c.opset() < 20 ? "bilinear" : "linear",
                                                 {{"bilinear", GridMode::linear},
                                                  {"linear", GridMode::linear},
                                                  {"nearest", GridMode::nearest},
                                                  {"bicubic", GridMode::cubic},
                                                  {"cubic", GridMode::cubic}}),
                         .border = named<GridBorder>(c, "padding_mode", "zeros",
                                                     {{"zeros", GridBorder::zeros},
                                                      {"border", GridBorder::edge},
                                                      {"reflection", GridBorder::reflect}}),
                         .align_corners = c.integer("align_corners", 0) != 0};
  c.set(0, c.add(grid_sample_op, {c.f32(0), c.f32(1)}, a));
}

constexpr OnnxRule rules[] = {
    {"GridSample", import_grid_sample},
    {"Resize", import_resize},
    {"Upsample", import_resize},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_resize() { return rules; }

}  // namespace burin

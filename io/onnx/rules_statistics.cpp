// Norms that are made of other nodes: over trailing axes, groups of channels, neighbouring channels.
#include <algorithm>
#include <limits>
#include <numeric>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

int function(ImportContext& c, Unary f, int x) { return c.add(unary_op, {x}, UnaryAttributes{f}); }
int plus(ImportContext& c, int a, int b) { return c.add(add_op, {a, b}, ActivationAttributes{}); }
int times(ImportContext& c, int a, int b) { return c.add(multiply_op, {a, b}); }
int over(ImportContext& c, int a, int b) {
  return c.add(binary_op, {a, b}, BinaryAttributes{Binary::divide});
}
int mean(ImportContext& c, int x, const std::vector<int>& axes) {
  return c.add(mean_op, {x}, AxesAttributes{.axes = axes, .keep = true});
}

// x minus its mean, and the mean of the square of that.
struct Centered {
  int mean, rest, variance;
};
Centered centered(ImportContext& c, int x, const std::vector<int>& axes) {
  const int average = mean(c, x, axes), rest = c.add(subtract_op, {x, average});
  return {average, rest, mean(c, times(c, rest, rest), axes)};
}

// Trailing axes count as channels of one group.
void import_layer_norm(ImportContext& c) {
  const int x = c.f32(0);
  const Shape shape = c.shape(x);
  const int axis = c.axis(c.integer("axis", -1), shape.rank());
  c.ignore({"stash_type"});
  const float epsilon = c.number("epsilon", 1e-5f);
  std::int64_t rows = 1, columns = 1;
  for (int i = 0; i < shape.rank(); ++i) (i < axis ? rows : columns) *= shape[i];
  const auto row = [&](std::size_t i) {
    return c.has(i) && c.shape(c.operand(i)).elements() == columns
               ? c.reshape(c.f32(i), Shape{columns})
               : -1;
  };
  const int scale = row(1), bias = row(2);
  int y = c.add(group_norm_op, {c.reshape(x, Shape{rows, columns}), scale, scale < 0 ? -1 : bias},
                NormAttributes{.epsilon = epsilon});
  y = c.reshape(y, shape);
  if (scale < 0) y = times(c, y, c.f32(1));
  if (c.has(2) && (scale < 0 || bias < 0)) y = plus(c, y, c.f32(2));
  c.set(0, y);
  if (!c.wants(1) && !c.wants(2)) return;
  std::vector<int> axes(static_cast<std::size_t>(shape.rank() - axis));
  std::iota(axes.begin(), axes.end(), axis);
  const Centered parts = centered(c, x, axes);
  c.set(1, parts.mean);
  const int variance =
      plus(c, parts.variance, add_scalar(c, DType::f32, static_cast<double>(epsilon)));
  c.set(2, function(c, Unary::reciprocal, function(c, Unary::square_root, variance)));
}

// y = scale * x / sqrt(mean(x^2) + epsilon) over trailing axes
void import_rms_norm(ImportContext& c) {
  const int x = c.f32(0);
  const int axis = c.axis(c.integer("axis", -1), c.shape(x).rank());
  c.ignore({"stash_type"});
  std::vector<int> axes(static_cast<std::size_t>(c.shape(x).rank() - axis));
  std::iota(axes.begin(), axes.end(), axis);
  const int epsilon = add_scalar(c, DType::f32, static_cast<double>(c.number("epsilon", 1e-5f)));
  const int root = function(c, Unary::square_root, plus(c, mean(c, times(c, x, x), axes), epsilon));
  c.set(0, times(c, over(c, x, root), c.f32(1)));
}

// Scales of groups (opset 18) are repeated for their channels; since opset 21 there is one a channel.
void import_group_norm(ImportContext& c) {
  const int x = c.f32(0);
  const Shape shape = c.shape(x);
  const std::int64_t groups = c.integer("num_groups");
  c.ignore({"stash_type"});
  if (shape.rank() < 2 || groups < 1 || shape[1] % groups != 0)
    c.refuse(std::to_string(groups) + " groups of " + shape.text());
  const auto per_channel = [&](std::size_t i) {
    const int given = c.f32(i);
    if (c.shape(given).elements() == shape[1]) return c.reshape(given, Shape{shape[1]});
    if (c.shape(given).elements() != groups) c.refuse("a scale of " + c.shape(given).text());
    const int column = c.reshape(given, Shape{groups, 1});
    const int spread =
        c.add(expand_op, {column}, ShapeAttributes{.shape = {groups, shape[1] / groups}});
    return c.reshape(spread, Shape{shape[1]});
  };
  const NormAttributes a{.epsilon = c.number("epsilon", 1e-5f), .groups = static_cast<int>(groups)};
  c.set(0, c.add(group_norm_op, {x, per_channel(1), per_channel(2)}, a));
}

// y = x / (bias + alpha/size * sum of x^2 over `size` neighbouring channels)^beta: the sum is a mean
// with padding counted, of channels taken as rows of pixels.
void import_lrn(ImportContext& c) {
  const int x = c.f32(0);
  const Shape shape = c.shape(x);
  const std::int64_t size = c.integer("size");
  const float alpha = c.number("alpha", 1e-4f), beta = c.number("beta", 0.75f);
  const float bias = c.number("bias", 1.0f);
  if (shape.rank() < 2 || shape.elements() == 0 || size < 1 || size > 1 << 20)
    c.refuse("size " + std::to_string(size) + " of " + shape.text());
  const Shape rows{shape[0], 1, shape[1], shape.spatial()};
  const int n = static_cast<int>(size);
  const int averages = c.add(average_pool_op, {c.reshape(times(c, x, x), rows)},
                             PoolAttributes{.kernel = {1, n, 1},
                                            .pad_begin = {0, (n - 1) / 2, 0},
                                            .pad_end = {0, n / 2, 0},
                                            .count_padding = true});
  const int base = c.add(scale_op, {c.reshape(averages, shape)}, ScaleAttributes{alpha, bias});
  const int root = c.add(binary_op, {base, add_scalar(c, DType::f32, static_cast<double>(beta))},
                         BinaryAttributes{Binary::power});
  c.set(0, over(c, x, root));
}

// Sums of |x|^p over axes that stay, to the power of 1/p.
int length(ImportContext& c, int x, std::int64_t p, const std::vector<int>& axes) {
  const AxesAttributes a{.axes = axes, .keep = true};
  if (p == 1) return c.add(sum_op, {function(c, Unary::absolute, x)}, a);
  if (p == 2) return function(c, Unary::square_root, c.add(sum_op, {times(c, x, x)}, a));
  const auto power = [&](int base, double exponent) {
    return c.add(binary_op, {base, add_scalar(c, c.type(base), exponent)},
                 BinaryAttributes{Binary::power});
  };
  const int powers = power(function(c, Unary::absolute, x), static_cast<double>(p));
  return power(c.add(sum_op, {powers}, a), 1.0 / static_cast<double>(p));
}

void import_lp_norm(ImportContext& c) {
  const int x = c.operand(0), axis = c.axis(c.integer("axis", -1), c.shape(x).rank());
  const std::int64_t p = c.integer("p", 2);
  if (p != 1 && p != 2) c.refuse("p " + std::to_string(p));
  // A row of zeros stays one.
  const int least =
      add_scalar(c, c.type(x), static_cast<double>(std::numeric_limits<float>::min()));
  const int norm =
      c.add(binary_op, {length(c, x, p, {axis}), least}, BinaryAttributes{Binary::maximum});
  c.set(0, over(c, x, norm));
}

void import_global_lp_pool(ImportContext& c) {
  const int x = c.f32(0);
  const std::int64_t p = c.integer("p", 2);
  if (c.shape(x).rank() < 3 || p < 1) c.refuse("x of " + c.shape(x).text());
  std::vector<int> axes(static_cast<std::size_t>(c.shape(x).rank() - 2));
  std::iota(axes.begin(), axes.end(), 2);
  c.set(0, length(c, x, p, axes));
}

// (x - mean) / (deviation + 1e-9)
void import_mean_variance(ImportContext& c) {
  const int x = c.f32(0);
  const std::vector<std::int64_t> written =
      c.integers("axes").value_or(std::vector<std::int64_t>{0, 2, 3});
  const Centered parts = centered(c, x, c.axes(written, c.shape(x).rank()));
  const int deviation = function(c, Unary::square_root, parts.variance);
  c.set(0, over(c, parts.rest, plus(c, deviation, add_scalar(c, DType::f32, 1e-9))));
}

constexpr OnnxRule rules[] = {
    {"GlobalLpPool", import_global_lp_pool},
    {"GroupNormalization", import_group_norm},
    {"LRN", import_lrn},
    {"LayerNormalization", import_layer_norm},
    {"LpNormalization", import_lp_norm},
    {"MeanVarianceNormalization", import_mean_variance},
    {"RMSNormalization", import_rms_norm},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_statistics() { return rules; }

}  // namespace burin

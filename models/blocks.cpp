#include "models/blocks.h"

namespace burin::models {

DoubleConv::DoubleConv(std::int64_t in, std::int64_t out)
    : conv1({.in = in, .out = out, .kernel = 3, .pad = 1, .bias = false}),
      conv2({.in = out, .out = out, .kernel = 3, .pad = 1, .bias = false}),
      norm1({.channels = out, .activation = Activation::relu}),
      norm2({.channels = out, .activation = Activation::relu}) {}

Value DoubleConv::operator()(const Value& x) const { return norm2(conv2(norm1(conv1(x)))); }

ResidualBlock::ResidualBlock(std::int64_t in, std::int64_t out, const ResidualStyle& style)
    : conv1({.in = in, .out = out, .kernel = 3, .pad = 1, .bias = false}),
      conv2({.in = out, .out = out, .kernel = 3, .pad = 1, .bias = false}),
      norm1({.channels = out,
             .epsilon = style.epsilon,
             .momentum = style.momentum,
             .activation = Activation::leaky_relu,
             .slope = style.slope}),
      norm2({.channels = out, .epsilon = style.epsilon, .momentum = style.momentum}),
      slope(style.slope) {
  if (in == out) return;
  shortcut_conv.emplace_back(ConvOptions{.in = in, .out = out, .bias = false});
  shortcut_norm.emplace_back(
      BatchNormOptions{.channels = out, .epsilon = style.epsilon, .momentum = style.momentum});
}

Value ResidualBlock::operator()(const Value& x) const {
  const Value main = norm2(conv2(norm1(conv1(x))));
  const Value side = shortcut_conv.empty() ? x : shortcut_norm[0](shortcut_conv[0](x));
  return add(main, side, {.activation = Activation::leaky_relu, .slope = slope});
}

ConvNorm::ConvNorm(const ConvOptions& options, Activation activation)
    : conv(options), norm({.channels = options.out, .activation = activation}) {}

Value halve(const Value& x) {
  const int depth = x.shape().rank() == 5 ? 2 : 1;
  return max_pool(x, {.kernel = {depth, 2, 2}, .stride = {depth, 2, 2}});
}

Value repeat_twice(const Value& x) {
  const Shape& s = x.shape();
  return resize(x, {.mode = ResizeMode::nearest, .size = {1, 2 * s[2], 2 * s[3]}});
}

Value flatten(const Value& x) {
  const std::int64_t sizes[] = {-1, x.shape().channels() * x.shape().spatial()};
  return reshape(x, sizes);
}

Value pixel_mean(const Value& x) { return flatten(global_average_pool(x)); }

Value double_size(const Value& x) {
  const Shape& s = x.shape();
  return resize(x, {.mode = ResizeMode::bilinear,
                    .coordinates = ResizeCoordinates::half_pixel,
                    .size = {1, 2 * s[2], 2 * s[3]}});
}

}  // namespace burin::models

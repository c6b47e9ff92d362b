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

Value halve(const Value& x) { return max_pool(x, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}}); }

Value double_size(const Value& x) {
  const Shape& s = x.shape();
  return resize(x, {.mode = ResizeMode::bilinear,
                    .coordinates = ResizeCoordinates::half_pixel,
                    .size = {1, 2 * s[2], 2 * s[3]}});
}

}  // namespace burin::models

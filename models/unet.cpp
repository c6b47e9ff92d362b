#include "models/unet.h"

namespace burin::models {
namespace {

// Zeros around x until it has the height and width of `like`; the odd row or column goes to the
// end.
Value pad_to(const Value& x, const Shape& like) {
  const std::int64_t dh = like[2] - x.shape()[2], dw = like[3] - x.shape()[3];
  if (dh == 0 && dw == 0) return x;
  return pad(x, {.begin = {0, 0, dh / 2, dw / 2}, .end = {0, 0, dh - dh / 2, dw - dw / 2}});
}

// Weights, and four numbers a channel in each norm.
std::int64_t double_conv_elements(std::int64_t in, std::int64_t out) noexcept {
  return 9 * out * (in + out) + 8 * out;
}

}  // namespace

std::int64_t elements(const UnetOptions& o) noexcept {
  std::int64_t sum = double_conv_elements(o.in_channels, o.width) + (o.width + 1) * o.classes;
  for (std::int64_t w = o.width; w < 16 * o.width; w *= 2)
    sum += double_conv_elements(w, 2 * w) + (8 * w + 1) * w + double_conv_elements(2 * w, w);
  return sum;
}

UpBlock::UpBlock(std::int64_t in, std::int64_t out)
    : up({.in = in, .out = in / 2, .kernel = 2, .stride = 2}), conv(in, out) {}

Value UpBlock::operator()(const Value& x, const Value& skip) const {
  const Value parts[] = {skip, pad_to(up(x), skip.shape())};
  return conv(concat(parts, 1));
}

Unet::Unet(const UnetOptions& o)
    : options_(o),
      inc_(o.in_channels, o.width),
      down1_(o.width, 2 * o.width),
      down2_(2 * o.width, 4 * o.width),
      down3_(4 * o.width, 8 * o.width),
      down4_(8 * o.width, 16 * o.width),
      up1_(16 * o.width, 8 * o.width),
      up2_(8 * o.width, 4 * o.width),
      up3_(4 * o.width, 2 * o.width),
      up4_(2 * o.width, o.width),
      outc_({.in = o.width, .out = o.classes}) {
  initialize(*this, InitRule::fan_in_uniform, o.seed);
}

Value Unet::run(std::span<const Value> inputs) {
  const Value x1 = inc_(inputs[0]);    // [n, 64, h, w]
  const Value x2 = down1_(halve(x1));  // [n, 128, h/2, w/2]
  const Value x3 = down2_(halve(x2));  // [n, 256, h/4, w/4]
  const Value x4 = down3_(halve(x3));  // [n, 512, h/8, w/8]
  const Value x5 = down4_(halve(x4));  // [n, 1024, h/16, w/16]
  const Value y4 = up1_(x5, x4);       // [n, 512, h/8, w/8]
  const Value y3 = up2_(y4, x3);       // [n, 256, h/4, w/4]
  const Value y2 = up3_(y3, x2);       // [n, 128, h/2, w/2]
  return outc_(up4_(y2, x1));          // [n, classes, h, w]
}

std::vector<NamedParameter> Unet::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

#include "models/unet3d_a.h"

namespace burin::models {
namespace {

Conv volume_conv(std::int64_t in, std::int64_t out) {
  return Conv({.in = in, .out = out, .kernel = 3, .pad = 1, .dims = 3});
}

}  // namespace

VolumeConvs::VolumeConvs(std::int64_t in, std::int64_t middle, std::int64_t out)
    : conv1(volume_conv(in, middle)), conv2(volume_conv(middle, out)) {}

Value VolumeConvs::operator()(const Value& x) const { return relu(conv2(relu(conv1(x)))); }

VolumeUp::VolumeUp(std::int64_t in, std::int64_t skip, std::int64_t out)
    : up({.in = in, .out = in, .dims = 3}), convs(in + skip, out, out) {}

Value VolumeUp::operator()(const Value& x, const Value& skip) const {
  const Value parts[] = {up(x), skip};
  return convs(concat(parts, 1));
}

Unet3dA::Unet3dA(const Unet3dAOptions& o)
    : options_(o),
      down0_(o.in_channels, o.width, 2 * o.width),
      down1_(2 * o.width, 2 * o.width, 4 * o.width),
      down2_(4 * o.width, 4 * o.width, 8 * o.width),
      down3_(8 * o.width, 8 * o.width, 16 * o.width),
      up2_(16 * o.width, 8 * o.width, 8 * o.width),
      up1_(8 * o.width, 4 * o.width, 4 * o.width),
      up0_(4 * o.width, 2 * o.width, 2 * o.width),
      out_({.in = 2 * o.width, .out = o.classes, .dims = 3}) {
  initialize(*this, InitRule::glorot_uniform, o.seed);
}

Value Unet3dA::run(std::span<const Value> inputs) {
  const Value s0 = down0_(inputs[0]);      // [n, 64, d, h, w]
  const Value s1 = down1_(halve(s0));      // [n, 128, d/2, h/2, w/2]
  const Value s2 = down2_(halve(s1));      // [n, 256, d/4, h/4, w/4]
  const Value bottom = down3_(halve(s2));  // [n, 512, d/8, h/8, w/8]
  const Value y2 = up2_(bottom, s2);       // [n, 256, d/4, h/4, w/4]
  const Value y1 = up1_(y2, s1);           // [n, 128, d/2, h/2, w/2]
  return out_(up0_(y1, s0));               // [n, classes, d, h, w]
}

std::vector<NamedParameter> Unet3dA::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

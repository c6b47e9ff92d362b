#include "models/unet3d_b.h"

#include <algorithm>

namespace burin::models {
namespace {

constexpr int levels = 5;
constexpr double slope = 0.01;

std::int64_t channels_of(const Unet3dBOptions& o, int level) {
  return std::min(o.width << level, 10 * o.width);
}

std::vector<VolumeStage> make_encoder(const Unet3dBOptions& o) {
  std::vector<VolumeStage> out;
  for (int i = 0; i < levels; ++i)
    out.emplace_back(i == 0 ? o.in_channels : channels_of(o, i - 1), channels_of(o, i),
                     i == 0 ? 1 : 2);
  return out;
}

std::vector<VolumeStage> make_decoder(const Unet3dBOptions& o) {
  std::vector<VolumeStage> out;
  for (int i = levels - 1; i >= 0; --i)
    out.emplace_back(2 * channels_of(o, i), channels_of(o, i), 1);
  return out;
}

std::vector<ConvTranspose> make_up(const Unet3dBOptions& o) {
  std::vector<ConvTranspose> out;
  for (int i = levels - 1; i >= 0; --i)
    out.emplace_back(ConvTransposeOptions{
        .in = channels_of(o, i + 1), .out = channels_of(o, i), .bias = false, .dims = 3});
  return out;
}

}  // namespace

VolumeConvNorm::VolumeConvNorm(std::int64_t in, std::int64_t out, int stride)
    : conv({.in = in, .out = out, .kernel = 3, .stride = stride, .pad = 1, .dims = 3}),
      instnorm({.channels = out,
                .activation = Activation::leaky_relu,
                .slope = static_cast<float>(slope)}) {}

VolumeStage::VolumeStage(std::int64_t in, std::int64_t out, int stride)
    : first(in, out, stride), second(out, out, 1) {}

Unet3dB::Unet3dB(const Unet3dBOptions& o)
    : options_(o),
      encoder_(make_encoder(o)),
      bottleneck_(channels_of(o, levels - 1), channels_of(o, levels), 2),
      decoder_(make_decoder(o)),
      up_(make_up(o)),
      head_({.in = o.width, .out = o.classes, .bias = false, .dims = 3}) {
  initialize(*this, InitRule::he_normal(InitRule::Per::fan_in, slope), o.seed);
}

Value Unet3dB::run(std::span<const Value> inputs) {
  std::vector<Value> skips;
  Value x = inputs[0];  // [n, in_channels, d, h, w]
  for (const VolumeStage& stage : encoder_) {
    x = stage(x);  // 32, 64, 128, 256, 320 channels; each half the size of the one before
    skips.push_back(x);
  }
  x = bottleneck_(x);  // [n, 320, d/32, h/32, w/32]
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    const Value parts[] = {up_[i](x), skips[skips.size() - 1 - i]};
    x = decoder_[i](concat(parts, 1));  // 320, 256, 128, 64, 32 channels
  }
  return head_(x);  // [n, classes, d, h, w]
}

std::vector<NamedParameter> Unet3dB::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

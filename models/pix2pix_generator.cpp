#include "models/pix2pix_generator.h"

#include <algorithm>

namespace burin::models {
namespace {

constexpr int levels = 8;
constexpr std::int64_t picture_channels = 3;
constexpr float epsilon = 1e-3f, momentum = 0.01f, slope = 0.2f;  // Keras' norm
constexpr std::size_t dropping = 3;                               // of the decoder's first layers

// Channels of conv_`level`: 64, 128, 256, 512, 512, ...
std::int64_t channels_of(std::int64_t width, int level) { return width << std::min(level - 1, 3); }

BatchNorm norm_of(std::int64_t channels, Activation activation) {
  return BatchNorm({.channels = channels,
                    .epsilon = epsilon,
                    .momentum = momentum,
                    .activation = activation,
                    .slope = slope});
}

std::vector<Encode> make_encoder(std::int64_t width) {
  std::vector<Encode> out;
  for (int level = 1; level <= levels; ++level)
    out.emplace_back(level == 1 ? picture_channels : channels_of(width, level - 1),
                     channels_of(width, level));
  return out;
}

std::vector<Decode> make_decoder(std::int64_t width) {
  std::vector<Decode> out;
  for (int level = levels - 1; level >= 0; --level) {
    const std::int64_t in = channels_of(width, level + 1);
    out.emplace_back(level == levels - 1 ? in : 2 * in,
                     level == 0 ? picture_channels : channels_of(width, level),
                     level == 0 ? Activation::tanh : Activation::leaky_relu);
  }
  return out;
}

}  // namespace

Encode::Encode(std::int64_t in, std::int64_t out)
    : conv({.in = in, .out = out, .kernel = 4, .stride = 2, .pad = 1}),
      norm(norm_of(out, Activation::leaky_relu)) {}

Value Encode::operator()(const Value& x) const { return norm(conv(x)); }

Decode::Decode(std::int64_t in, std::int64_t out, Activation activation)
    : conv({.in = in, .out = out, .kernel = 4, .stride = 2, .pad = 1}),
      norm(norm_of(out, activation)) {}

Value Decode::operator()(const Value& x) const { return norm(conv(x)); }

Pix2PixGenerator::Pix2PixGenerator(const Pix2PixGeneratorOptions& o)
    : encoder_(make_encoder(o.width)), decoder_(make_decoder(o.width)) {
  initialize(*this, InitRule::normal(0.02), o.seed);
}

Value Pix2PixGenerator::run(std::span<const Value> inputs) {
  std::vector<Value> skips;  // [n, 64, h/2, w/2] to [n, 512, h/256, w/256]
  Value x = inputs[0];
  for (const Encode& layer : encoder_) skips.push_back(x = layer(x));
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    skips.pop_back();
    x = decoder_[i](x);  // [n, 512, h/128, w/128] to [n, 3, h, w]
    if (i < dropping) x = dropout(x, 0.5f);
    if (skips.empty()) break;
    const Value parts[] = {x, skips.back()};
    x = concat(parts, 1);
  }
  return x;  // [n, 3, h, w]
}

std::vector<NamedParameter> Pix2PixGenerator::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

#include "models/pix2pix_discriminator.h"

namespace burin::models {
namespace {

Conv layer(std::int64_t in, std::int64_t out, int stride) {
  return Conv({.in = in, .out = out, .kernel = 4, .stride = stride, .pad = 1});
}

Value bent(const Value& x) { return leaky_relu(x, 0.2f); }

}  // namespace

Pix2PixDiscriminator::Pix2PixDiscriminator(const Pix2PixDiscriminatorOptions& o)
    : d1_(layer(6, o.width, 2)),
      d2_(layer(o.width, 2 * o.width, 2)),
      d3_(layer(2 * o.width, 4 * o.width, 2)),
      d4_(layer(4 * o.width, 8 * o.width, 1)),
      d5_(layer(8 * o.width, 8 * o.width, 2)),
      d6_(layer(8 * o.width, 1, 1)) {
  initialize(*this, InitRule::normal(0.02), o.seed);
}

Value Pix2PixDiscriminator::run(std::span<const Value> inputs) {
  const Value pair = concat(inputs, 1);  // [n, 6, 512, 512]
  const Value x1 = bent(d1_(pair));      // [n, 64, 256, 256]
  const Value x2 = bent(d2_(x1));        // [n, 128, 128, 128]
  const Value x3 = bent(d3_(x2));        // [n, 256, 64, 64]
  const Value x4 = bent(d4_(x3));        // [n, 512, 63, 63]
  const Value x5 = bent(d5_(x4));        // [n, 512, 31, 31]
  return d6_(x5);                        // [n, 1, 30, 30]
}

std::vector<NamedParameter> Pix2PixDiscriminator::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

#include "models/vgg16.h"

namespace burin::models {
namespace {

std::vector<ConvNorm> stage(int depth, std::int64_t in, std::int64_t out) {
  std::vector<ConvNorm> layers;
  for (int i = 0; i < depth; ++i)
    layers.emplace_back(
        ConvOptions{.in = i == 0 ? in : out, .out = out, .kernel = 3, .pad = 1, .bias = true},
        Activation::relu);
  return layers;
}

constexpr float dropped = 0.5f;

}  // namespace

Vgg16::Vgg16(const ClassifierOptions& o)
    : features_{stage(2, 3, 64), stage(2, 64, 128), stage(3, 128, 256), stage(3, 256, 512),
                stage(3, 512, 512)},
      hidden1_({.in = 512, .out = 512}),
      hidden2_({.in = 512, .out = 512}),
      output_({.in = 512, .out = o.classes}) {
  initialize(*this, InitRule::he_normal(InitRule::Per::fan_out), o.seed);
  std::uint32_t layer = last_layer;
  for (const Linear* dense : {&hidden1_, &hidden2_, &output_})
    dense->initialize(InitRule::normal(0.01), o.seed, layer++);
}

std::vector<NetworkInput> Vgg16::inputs() const {
  NetworkInput input = small_picture();
  input.fixed = true;  // the head takes one pixel
  return {input};
}

Value Vgg16::run(std::span<const Value> inputs) {
  Value x = inputs[0];  // [n, 3, 32, 32]
  for (const std::vector<ConvNorm>& stage : features_) {
    for (const ConvNorm& layer : stage) x = layer(x);
    x = halve(x);  // 16, 8, 4, 2, 1 pixels a side
  }
  const Value h0 = flatten(x);                            // [n, 512]
  const Value h1 = dropout(relu(hidden1_(h0)), dropped);  // [n, 512]
  const Value h2 = dropout(relu(hidden2_(h1)), dropped);  // [n, 512]
  return output_(h2);                                     // [n, classes]
}

std::vector<NamedParameter> Vgg16::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

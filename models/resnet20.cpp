#include "models/resnet20.h"

namespace burin::models {
namespace {

std::vector<BasicBlock> layer(std::int64_t in, std::int64_t out, int stride) {
  return {BasicBlock(in, out, stride), BasicBlock(out, out, 1), BasicBlock(out, out, 1)};
}

Value through(const std::vector<BasicBlock>& blocks, Value x) {
  for (const BasicBlock& block : blocks) x = block(x);
  return x;
}

}  // namespace

BasicBlock::BasicBlock(std::int64_t in, std::int64_t out, int stride)
    : conv1({.in = in, .out = out, .kernel = 3, .stride = stride, .pad = 1, .bias = false}),
      conv2({.in = out, .out = out, .kernel = 3, .pad = 1, .bias = false}),
      bn1({.channels = out, .activation = Activation::relu}),
      bn2({.channels = out}) {
  if (in != out)
    downsample.emplace(ConvOptions{.in = in, .out = out, .stride = stride, .bias = false},
                       Activation::none);
}

Value BasicBlock::operator()(const Value& x) const {
  const Value main = bn2(conv2(bn1(conv1(x))));
  return add(main, downsample ? (*downsample)(x) : x, {.activation = Activation::relu});
}

Resnet20::Resnet20(const ClassifierOptions& o)
    : conv1_({.in = 3, .out = 16, .kernel = 3, .pad = 1, .bias = false}),
      bn1_({.channels = 16, .activation = Activation::relu}),
      layer1_(layer(16, 16, 1)),
      layer2_(layer(16, 32, 2)),
      layer3_(layer(32, 64, 2)),
      fc_({.in = 64, .out = o.classes}) {
  initialize(*this, InitRule::he_normal(InitRule::Per::fan_out), o.seed);
  fc_.initialize(InitRule::fan_in_uniform, o.seed, last_layer);
}

Value Resnet20::run(std::span<const Value> inputs) {
  const Value x0 = bn1_(conv1_(inputs[0]));  // [n, 16, h, w]
  const Value x1 = through(layer1_, x0);     // [n, 16, h, w]
  const Value x2 = through(layer2_, x1);     // [n, 32, h/2, w/2]
  const Value x3 = through(layer3_, x2);     // [n, 64, h/4, w/4]
  return fc_(pixel_mean(x3));                // [n, classes]
}

std::vector<NamedParameter> Resnet20::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

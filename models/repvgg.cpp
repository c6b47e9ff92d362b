#include "models/repvgg.h"

#include <cassert>
#include <cmath>

namespace burin::models {
namespace {

struct StageOptions {
  int blocks = 1;
  std::int64_t in = 0, out = 0;
  int stride = 2;
  bool merged = false;
};

std::vector<RepVggBlock> stage(const StageOptions& o) {
  std::vector<RepVggBlock> made;
  for (int i = 0; i < o.blocks; ++i)
    made.emplace_back(RepVggBlockOptions{.in = i == 0 ? o.in : o.out,
                                         .out = o.out,
                                         .stride = i == 0 ? o.stride : 1,
                                         .merged = o.merged});
  return made;
}

Value through(const std::vector<RepVggBlock>& blocks, Value x) {
  for (const RepVggBlock& block : blocks) x = block(x);
  return x;
}

// Adds what a norm in inference makes of a convolution with these taps, [in, k, k] for each output
// channel: w * g / sqrt(var + eps) to the middle of the 3x3 kernel, b - mean * g / sqrt(var + eps)
// to the bias.
template <class Taps>
void add_branch(const BatchNorm& norm, int kernel, const Taps& taps, const Conv& to) {
  const Shape& shape = to.weight.value.shape();  // [out, in, 3, 3]
  const int edge = (3 - kernel) / 2;
  for (std::int64_t o = 0; o < shape[0]; ++o) {
    const double deviation = std::sqrt(static_cast<double>(norm.running_var.value.data()[o]) +
                                       static_cast<double>(norm.attributes.epsilon));
    const double gain = static_cast<double>(norm.weight.value.data()[o]) / deviation;
    to.bias.value.data()[o] +=
        static_cast<float>(static_cast<double>(norm.bias.value.data()[o]) -
                           static_cast<double>(norm.running_mean.value.data()[o]) * gain);
    for (std::int64_t i = 0; i < shape[1]; ++i)
      for (int y = 0; y < kernel; ++y)
        for (int x = 0; x < kernel; ++x)
          to.weight.value.data()[((o * shape[1] + i) * 3 + y + edge) * 3 + x + edge] +=
              static_cast<float>(gain * taps(o, i, y * kernel + x));
  }
}

void add_branch(const RepVggBlock::Branch& branch, const Conv& to) {
  const Tensor& w = branch.conv.weight.value;
  const std::int64_t in = w.shape()[1], taps = w.shape().spatial();
  add_branch(
      branch.bn, static_cast<int>(w.shape()[2]),
      [&](std::int64_t o, std::int64_t i, int tap) {
        return static_cast<double>(w.data()[(o * in + i) * taps + tap]);
      },
      to);
}

}  // namespace

RepVggBlock::RepVggBlock(const RepVggBlockOptions& o) {
  ConvOptions conv{
      .in = o.in, .out = o.out, .kernel = 3, .stride = o.stride, .pad = 1, .bias = o.merged};
  if (o.merged) {
    merged.emplace(conv);
    return;
  }
  if (o.in == o.out && o.stride == 1) identity.emplace(BatchNormOptions{.channels = o.in});
  dense.emplace(Branch{Conv(conv), BatchNorm({.channels = o.out})});
  conv.kernel = 1;
  conv.pad = 0;
  point.emplace(Branch{Conv(conv), BatchNorm({.channels = o.out})});
}

Value RepVggBlock::operator()(const Value& x) const {
  if (merged) return relu((*merged)(x));
  const Value wide = dense->bn(dense->conv(x)), narrow = point->bn(point->conv(x));
  if (!identity) return add(wide, narrow, {.activation = Activation::relu});
  return add(add(wide, narrow), (*identity)(x), {.activation = Activation::relu});
}

void RepVggBlock::merge(const RepVggBlock& trained) const {
  assert(merged && trained.dense && trained.point);
  merged->weight.value.fill(0);
  merged->bias.value.fill(0);
  add_branch(*trained.dense, *merged);
  add_branch(*trained.point, *merged);
  if (trained.identity)
    add_branch(
        *trained.identity, 1,
        [](std::int64_t o, std::int64_t i, int) { return o == i ? 1.0 : 0.0; }, *merged);
  merged->weight.value.storage()->bump_version();
  merged->bias.value.storage()->bump_version();
}

RepVgg::RepVgg(const RepVggOptions& o)
    : options_(o),
      stage0_({.in = 3, .out = 64, .merged = o.merged}),
      stage1_(stage({.blocks = 2, .in = 64, .out = 96, .stride = 1, .merged = o.merged})),
      stage2_(stage({.blocks = 4, .in = 96, .out = 192, .merged = o.merged})),
      stage3_(stage({.blocks = 14, .in = 192, .out = 384, .merged = o.merged})),
      stage4_(stage({.blocks = 1, .in = 384, .out = 1408, .merged = o.merged})),
      linear_({.in = 1408, .out = o.classes}) {
  if (o.merged)
    merge(RepVgg({.classes = o.classes, .seed = o.seed}));
  else
    initialize(*this, InitRule::fan_in_uniform, o.seed);
}

RepVgg RepVgg::merged(const RepVgg& trained) {
  RepVgg out({.classes = trained.options_.classes, .merged = true});
  out.merge(trained);
  return out;
}

void RepVgg::merge(const RepVgg& trained) {
  const auto each = [](std::vector<RepVggBlock>& to, const std::vector<RepVggBlock>& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i].merge(from[i]);
  };
  stage0_.merge(trained.stage0_);
  each(stage1_, trained.stage1_);
  each(stage2_, trained.stage2_);
  each(stage3_, trained.stage3_);
  each(stage4_, trained.stage4_);
  linear_.weight.value.copy_from(trained.linear_.weight.value);
  linear_.bias.value.copy_from(trained.linear_.bias.value);
}

Value RepVgg::run(std::span<const Value> inputs) {
  const Value x0 = stage0_(inputs[0]);    // [n, 64, h, w]
  const Value x1 = through(stage1_, x0);  // [n, 96, h, w]
  const Value x2 = through(stage2_, x1);  // [n, 192, h/2, w/2]
  const Value x3 = through(stage3_, x2);  // [n, 384, h/4, w/4]
  const Value x4 = through(stage4_, x3);  // [n, 1408, h/8, w/8]
  return linear_(pixel_mean(x4));         // [n, classes]
}

std::vector<NamedParameter> RepVgg::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

#include "models/shufflenetv2.h"

namespace burin::models {
namespace {

ConvNorm point(std::int64_t in, std::int64_t out) {
  return ConvNorm({.in = in, .out = out, .bias = false}, Activation::relu);
}

ConvNorm depthwise(std::int64_t channels, int stride) {
  return ConvNorm({.in = channels,
                   .out = channels,
                   .kernel = 3,
                   .stride = stride,
                   .pad = 1,
                   .groups = static_cast<int>(channels),
                   .bias = false},
                  Activation::none);
}

std::vector<ShuffleUnit> stage(int units, std::int64_t in, std::int64_t out) {
  std::vector<ShuffleUnit> made{ShuffleUnit(in, out, 2)};
  while (std::ssize(made) < units) made.emplace_back(out, out, 1);
  return made;
}

Value through(const std::vector<ShuffleUnit>& units, Value x) {
  for (const ShuffleUnit& unit : units) x = unit(x);
  return x;
}

// Channel i of either half becomes channel 2i or 2i + 1.
Value shuffle(const Value& x) {
  const Shape& s = x.shape();
  const std::int64_t halves[] = {-1, 2, s[1] / 2, s[2], s[3]}, whole[] = {-1, s[1], s[2], s[3]};
  const int order[] = {0, 2, 1, 3, 4};
  return reshape(transpose(reshape(x, halves), order), whole);
}

}  // namespace

ShuffleUnit::ShuffleUnit(std::int64_t in, std::int64_t out, int stride)
    : branch2{point(stride == 1 ? in / 2 : in, out / 2), depthwise(out / 2, stride),
              point(out / 2, out / 2)} {
  if (stride != 1) branch1.emplace(Branch1{depthwise(in, stride), point(in, out / 2)});
}

Value ShuffleUnit::operator()(const Value& x) const {
  const std::int64_t half = x.shape()[1] / 2;
  const Value in2 = branch1 ? x : slice(x, 1, half, half);
  const Value halves[] = {branch1 ? branch1->point(branch1->depthwise(x)) : slice(x, 1, 0, half),
                          branch2.last(branch2.depthwise(branch2.first(in2)))};
  return shuffle(concat(halves, 1));
}

ShufflenetV2::ShufflenetV2(const ClassifierOptions& o)
    : conv1_({.in = 3, .out = 24, .kernel = 3, .pad = 1, .bias = false}, Activation::relu),
      stage2_(stage(4, 24, 244)),
      stage3_(stage(8, 244, 488)),
      stage4_(stage(4, 488, 976)),
      conv5_(point(976, 2048)),
      fc_({.in = 2048, .out = o.classes}) {
  initialize(*this, InitRule::fan_in_uniform, o.seed);
}

Value ShufflenetV2::run(std::span<const Value> inputs) {
  const Value x1 = conv1_(inputs[0]);     // [n, 24, h, w]
  const Value x2 = through(stage2_, x1);  // [n, 244, h/2, w/2]
  const Value x3 = through(stage3_, x2);  // [n, 488, h/4, w/4]
  const Value x4 = through(stage4_, x3);  // [n, 976, h/8, w/8]
  return fc_(pixel_mean(conv5_(x4)));     // [n, classes]
}

std::vector<NamedParameter> ShufflenetV2::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

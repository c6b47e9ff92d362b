#include "models/mobilenetv2.h"

namespace burin::models {
namespace {

// expansion, channels, repeats, stride of the first.
struct Row {
  int expansion;
  std::int64_t channels;
  int repeats, stride;
};
constexpr std::int64_t stem_channels = 48, last_channels = 1792;
constexpr Row rows[] = {{1, 24, 1, 1},  {6, 32, 2, 1},  {6, 48, 3, 2}, {6, 88, 4, 2},
                        {6, 136, 3, 1}, {6, 224, 3, 2}, {6, 448, 1, 1}};

std::vector<InvertedResidual> make_blocks() {
  std::vector<InvertedResidual> out;
  std::int64_t in = stem_channels;
  for (const Row& row : rows)
    for (int i = 0; i < row.repeats; ++i) {
      out.emplace_back(InvertedResidualOptions{.in = in,
                                               .out = row.channels,
                                               .expansion = row.expansion,
                                               .stride = i == 0 ? row.stride : 1});
      in = row.channels;
    }
  return out;
}

ConvOptions depthwise_options(const InvertedResidualOptions& o) {
  const std::int64_t wide = o.expansion * o.in;
  return {.in = wide,
          .out = wide,
          .kernel = 3,
          .stride = o.stride,
          .pad = 1,
          .groups = static_cast<int>(wide),
          .bias = false};
}

}  // namespace

InvertedResidual::InvertedResidual(const InvertedResidualOptions& o)
    : depthwise(depthwise_options(o), Activation::relu6),
      project({.in = o.expansion * o.in, .out = o.out, .bias = false}, Activation::none),
      adds(o.stride == 1 && o.in == o.out) {
  if (o.expansion != 1)
    expand.emplace(ConvOptions{.in = o.in, .out = o.expansion * o.in, .bias = false},
                   Activation::relu6);
}

Value InvertedResidual::operator()(const Value& x) const {
  const Value wide = expand ? (*expand)(x) : x;   // [n, expansion * in, h, w]
  const Value narrow = project(depthwise(wide));  // [n, out, h/stride, w/stride]
  return adds ? add(x, narrow) : narrow;
}

MobilenetV2::MobilenetV2(const ClassifierOptions& o)
    : stem_({.in = 3, .out = stem_channels, .kernel = 3, .pad = 1, .bias = false},
            Activation::relu6),
      blocks_(make_blocks()),
      last_({.in = rows[std::size(rows) - 1].channels, .out = last_channels, .bias = false},
            Activation::relu6),
      output_({.in = last_channels, .out = o.classes}) {
  initialize(*this, InitRule::he_normal(InitRule::Per::fan_out), o.seed);
  output_.initialize(InitRule::normal(0.01), o.seed, last_layer);
}

Value MobilenetV2::run(std::span<const Value> inputs) {
  Value x = stem_(inputs[0]);                                  // [n, 48, h, w]
  for (const InvertedResidual& block : blocks_) x = block(x);  // [n, 448, h/8, w/8]
  const Value features = pixel_mean(last_(x));                 // [n, 1792]
  return output_(dropout(features, 0.2f));                     // [n, classes]
}

std::vector<NamedParameter> MobilenetV2::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

#include "models/xray_cnn.h"

namespace burin::models {
namespace {

constexpr int stages = 6;
constexpr std::int64_t left = 4;  // pixels a side after six pools: 300, 150, 75, 37, 18, 9, 4

Value bent(const Value& x) { return leaky_relu(x, 0.2f); }

// [n, c, h, w] -> [n, h * w * c], the order in which the published weights read it.
Value flatten_channels_last(const Value& x) {
  const int order[] = {0, 2, 3, 1};
  return flatten(transpose(x, order));
}

}  // namespace

XrayCnn::XrayCnn(const XrayCnnOptions& o) {
  std::int64_t in = 3, out = o.width;
  for (int stage = 0; stage < stages; ++stage, out *= 2)
    for (int i = 0; i < 2; ++i) {
      conv_.emplace_back(ConvOptions{.in = in, .out = out, .kernel = 3, .pad = 1, .bias = false});
      in = out;
    }
  in *= left * left;
  for (const std::int64_t size : o.dense) {
    dense_.emplace_back(LinearOptions{.in = in, .out = size, .bias = false});
    in = size;
  }
  dense_.emplace_back(LinearOptions{.in = in, .out = 2, .bias = false});
  initialize(*this, InitRule::glorot_uniform, o.seed);
}

Value XrayCnn::run(std::span<const Value> inputs) {
  Value x = inputs[0];  // [n, 3, 300, 300]
  for (std::size_t i = 0; i < conv_.size(); i += 2)
    x = halve(bent(conv_[i + 1](bent(conv_[i](x)))));  // [n, 16, 150, 150] to [n, 512, 4, 4]
  x = flatten_channels_last(x);                        // [n, 8192]
  for (std::size_t i = 0; i + 1 < dense_.size(); ++i) x = bent(dense_[i](x));
  return dense_.back()(x);  // [n, 2]
}

std::vector<NamedParameter> XrayCnn::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

// Blocks that several networks share.
#pragma once

#include "engine/nn/conv.h"
#include "engine/nn/norm.h"

namespace burin::models {

// [conv 3x3, batch norm, ReLU] twice, convolutions without bias (Ronneberger et al. 2015, with
// batch norm).
struct DoubleConv {
  Conv conv1, conv2;
  BatchNorm norm1, norm2;

  DoubleConv(std::int64_t in, std::int64_t out);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, h, w]
  template <class V>
  void visit(V&& v) {
    v("double_conv.0", conv1);
    v("double_conv.1", norm1);
    v("double_conv.3", conv2);
    v("double_conv.4", norm2);
  }
};

// The numbers that the layers of one residual network have in common.
struct ResidualStyle {
  float epsilon = 1e-3f, momentum = 0.01f, slope = 0.3f;  // Keras' defaults
};

// LReLU(norm(conv(LReLU(norm(conv(x))))) + shortcut(x)); convolutions 3x3 without bias. Where the
// channels change, the shortcut is a 1x1 convolution with norm (He et al. 2016).
struct ResidualBlock {
  Conv conv1, conv2;
  BatchNorm norm1, norm2;
  std::vector<Conv> shortcut_conv;  // none or one
  std::vector<BatchNorm> shortcut_norm;
  float slope;

  ResidualBlock(std::int64_t in, std::int64_t out, const ResidualStyle& style);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, h, w]
  template <class V>
  void visit(V&& v) {
    v("conv1", conv1);
    v("norm1", norm1);
    v("conv2", conv2);
    v("norm2", norm2);
    for (Conv& c : shortcut_conv) v("shortcut.conv", c);
    for (BatchNorm& n : shortcut_norm) v("shortcut.norm", n);
  }
};

// Convolution, batch norm, activation; named as members of a Sequential.
struct ConvNorm {
  Conv conv;
  BatchNorm norm;

  ConvNorm(const ConvOptions& options, Activation activation);
  Value operator()(const Value& x) const { return norm(conv(x)); }
  template <class V>
  void visit(V&& v) {
    v("0", conv);
    v("1", norm);
  }
};

// Largest of each 2x2 or 2x2x2 window; an odd row or column is left out:
// [n, c, (d), h, w] -> [n, c, (d/2), h/2, w/2].
[[nodiscard]] Value halve(const Value& x);
// Each pixel four times: [n, c, h, w] -> [n, c, 2h, 2w].
[[nodiscard]] Value repeat_twice(const Value& x);
// [n, c, ...] -> [n, c * ...], in logical order.
[[nodiscard]] Value flatten(const Value& x);
// Mean over the pixels of each channel: [n, c, h, w] -> [n, c].
[[nodiscard]] Value pixel_mean(const Value& x);
// Bilinear, half-pixel centres: [n, c, h, w] -> [n, c, 2h, 2w].
[[nodiscard]] Value double_size(const Value& x);

}  // namespace burin::models

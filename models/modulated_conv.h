// Layers of StyleGAN2 (Karras, Laine, Aittala, Hellsten, Lehtinen, Aila, CVPR 2020): weights that
// are stored at one scale and used at another, and convolutions whose weights are scaled for each
// picture by a style.
#pragma once

#include "engine/nn/linear.h"
#include "models/blocks.h"

namespace burin::models {

struct EqualDenseOptions {
  std::int64_t in = 0, out = 0;
  float rate = 1.0f;  // multiplies the learning rate: weights are stored 1/rate as large
  float bias = 0.0f;  // at first
};

// y = x * (W * rate/sqrt(in))^T + bias * rate, W of deviation 1/rate.
struct EqualDense {
  Linear dense;
  float rate;

  explicit EqualDense(const EqualDenseOptions& options);
  Value operator()(const Value& x) const;  // [n, in] -> [n, out]
  void initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const;
  template <class V>
  void visit(V&& v) {
    dense.visit(v);
  }
};

struct StyledConvOptions {
  std::int64_t in = 0, out = 0, style = 0;  // channels; numbers of w
  std::int64_t side = 0;                    // pixels a side of the result
  bool doubles = false;                     // the size, by a transposed convolution and a blur
};

// With s = affine(w), W'[o,i,k] = W[o,i,k] * s[i] and d[o] = 1/sqrt(sum of W'[o]^2 + 1e-8):
//   y = clip(sqrt(2) * LReLU(conv(x, W' * d) + noise * strength + bias))
// computed as d * conv(x * s, W), so that one W serves the whole batch.
struct StyledConv {
  EqualDense affine;
  Parameter weight;    // [out, in, 3, 3]
  Parameter noise;     // [side, side], drawn once
  Parameter strength;  // one number, of the noise
  Parameter bias;      // [out]
  bool doubles;

  explicit StyledConv(const StyledConvOptions& options);
  // x [n or 1, in, h, w], w [n, style] -> [n, out, side, side]
  Value operator()(const Value& x, const Value& w) const;
  void initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const;
  template <class V>
  void visit(V&& v) {
    v("affine", affine);
    v("weight", weight);
    v("noise_const", noise);
    v("noise_strength", strength);
    v("bias", bias);
  }
};

// y = clip(conv1x1(x * s) + bias), s = affine(w)/sqrt(in); no demodulation.
struct ToRgb {
  EqualDense affine;
  Parameter weight;  // [3, in, 1, 1]
  Parameter bias;    // [3]

  ToRgb(std::int64_t in, std::int64_t style);
  Value operator()(const Value& x, const Value& w) const;  // [n, in, h, w] -> [n, 3, h, w]
  void initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const;
  template <class V>
  void visit(V&& v) {
    v("affine", affine);
    v("weight", weight);
    v("bias", bias);
  }
};

// sqrt(2) * LReLU 0.2 (x), of about the variance of x.
[[nodiscard]] Value bent(const Value& x);
// 1/sqrt(x + 1e-8)
[[nodiscard]] Value inverse_root(const Value& x);
// Zeros between the pixels, then the filter [1,3,3,1]x[1,3,3,1]/16: [n, c, h, w] -> [n, c, 2h, 2w].
[[nodiscard]] Value smooth_double(const Value& x);

}  // namespace burin::models

// Convolution layers; tensors have PyTorch's names and shapes.
#pragma once

#include "engine/nn/axes.h"
#include "engine/nn/initialize.h"
#include "engine/ops/ops.h"

namespace burin {

struct ConvOptions {
  std::int64_t in = 0, out = 0;  // channels
  Axes kernel = 1, stride = 1, pad = 0, dilation = 1;
  int groups = 1;
  bool bias = true;
  int dims = 2;  // 2: x is [n,c,h,w]; 3: [n,c,d,h,w]
};

// weight [out, in/groups, (kd), kh, kw], bias [out]; both zero until initialized.
struct Conv {
  Parameter weight, bias;
  ConvAttributes attributes;

  // Throws Error for channels below 1 or not divisible by the groups.
  explicit Conv(const ConvOptions& options);
  Value operator()(const Value& x) const;
  // With this weight in place of its own, which stands for it (spectral norm).
  Value operator()(const Value& x, const Value& other_weight) const;
  void initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const;
  template <class V>
  void visit(V&& v) {
    v("weight", weight);
    v("bias", bias);
  }
};

struct ConvTransposeOptions {
  std::int64_t in = 0, out = 0;  // channels
  Axes kernel = 2, stride = 2, pad = 0, output_padding = 0, dilation = 1;
  int groups = 1;
  bool bias = true;
  int dims = 2;
};

// weight [in, out/groups, (kd), kh, kw], bias [out]; both zero until initialized.
struct ConvTranspose {
  Parameter weight, bias;
  ConvAttributes attributes;

  explicit ConvTranspose(const ConvTransposeOptions& options);
  Value operator()(const Value& x) const;
  void initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const;
  template <class V>
  void visit(V&& v) {
    v("weight", weight);
    v("bias", bias);
  }
};

}  // namespace burin

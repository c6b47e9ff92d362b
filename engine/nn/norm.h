// Normalization layers; weight 1, bias 0, running mean 0 and running variance 1 at first.
#pragma once

#include "engine/nn/initialize.h"
#include "engine/ops/ops.h"

namespace burin {

struct BatchNormOptions {
  std::int64_t channels = 0;
  float epsilon = 1e-5f;
  float momentum = 0.1f;                     // weight of the batch in the running statistics
  Activation activation = Activation::none;  // applied to the result
  float slope = 0.01f;                       // of leaky_relu
};

struct BatchNorm {
  Parameter weight, bias, running_mean, running_var;  // [channels]
  NormAttributes attributes;

  explicit BatchNorm(const BatchNormOptions& options);
  Value operator()(const Value& x) const;
  void initialize_norm(const InitRule& rule, std::uint64_t seed, std::uint32_t norm) const {
    burin::initialize_norm(weight, rule, seed, norm);
  }
  template <class V>
  void visit(V&& v) {
    v("weight", weight);
    v("bias", bias);
    v("running_mean", running_mean);
    v("running_var", running_var);
  }
};

struct InstanceNormOptions {
  std::int64_t channels = 0;
  float epsilon = 1e-5f;
  bool affine = true;  // with weight and bias
  Activation activation = Activation::none;
  float slope = 0.01f;
};

struct InstanceNorm {
  Parameter weight, bias;  // [channels], or undefined
  NormAttributes attributes;

  explicit InstanceNorm(const InstanceNormOptions& options);
  Value operator()(const Value& x) const;
  template <class V>
  void visit(V&& v) {
    v("weight", weight);
    v("bias", bias);
  }
};

struct GroupNormOptions {
  std::int64_t channels = 0;
  int groups = 1;
  float epsilon = 1e-5f;
  bool affine = true;
  Activation activation = Activation::none;
  float slope = 0.01f;
};

struct GroupNorm {
  Parameter weight, bias;  // [channels], or undefined
  NormAttributes attributes;

  explicit GroupNorm(const GroupNormOptions& options);
  Value operator()(const Value& x) const;
  template <class V>
  void visit(V&& v) {
    v("weight", weight);
    v("bias", bias);
  }
};

}  // namespace burin

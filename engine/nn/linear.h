// y = x * weight^T + bias
#pragma once

#include "engine/nn/initialize.h"
#include "engine/ops/ops.h"

namespace burin {

struct LinearOptions {
  std::int64_t in = 0, out = 0;
  bool bias = true;
};

// x [n, in] -> [n, out]; weight [out, in], bias [out], zero until initialized.
struct Linear {
  Parameter weight, bias;

  explicit Linear(const LinearOptions& options);
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

}  // namespace burin

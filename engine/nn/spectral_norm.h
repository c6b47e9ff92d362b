// y = W / sigma, sigma = u^T W v, an estimate of the largest singular value of W as a matrix
// [rows = axis 0, columns = the rest] (Miyato, Kataoka, Koyama, Yoshida, ICLR 2018).
//
// Each call in training first moves the estimate by one power iteration, without gradient:
// v = W^T u / |W^T u|, u = W v / |W v|. In inference u and v stay.
#pragma once

#include "engine/nn/conv.h"
#include "engine/nn/linear.h"

namespace burin {

struct SpectralNorm {
  Parameter u, v;  // [rows], [columns], of length 1

  explicit SpectralNorm(const Shape& weight);
  // On the weight's tape; the gradient reaches the weight through sigma too.
  Value operator()(Tape& tape, const Parameter& weight) const;
  // Random u, and one iteration from there.
  void initialize(const Parameter& weight, std::uint64_t seed, std::uint32_t layer) const;

 private:
  void iterate(const Tensor& weight) const;
};

// A layer of which the weight is divided by sigma; names as torch.nn.utils.spectral_norm gives them.
template <class Layer>
struct Spectral {
  Layer layer;
  SpectralNorm norm;

  template <class Options>
  explicit Spectral(const Options& options) : layer(options), norm(layer.weight.value.shape()) {}
  Value operator()(const Value& x) const { return layer(x, norm(x.tape(), layer.weight)); }
  void initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t number) const {
    layer.initialize(rule, seed, number);
    norm.initialize(layer.weight, seed, number);
  }
  template <class V>
  void visit(V&& visitor) {
    visitor("bias", layer.bias);
    visitor("weight_orig", layer.weight);
    visitor("weight_u", norm.u);
    visitor("weight_v", norm.v);
  }
};

}  // namespace burin

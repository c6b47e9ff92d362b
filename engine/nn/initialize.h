// Starting values of weights, from a seed: the same for any number of threads.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/nn/module.h"

namespace burin {

enum class InitRule {
  // U(-b, b), b = 1/sqrt(fan_in), weight and bias (PyTorch's default for convolution, transposed
  // convolution and linear).
  fan_in_uniform,
  // Weight U(-b, b), b = sqrt(6/(fan_in + fan_out)) (Glorot, Bengio 2010); bias 0.
  glorot_uniform,
  // Weight U(-b, b), b = sqrt(6/fan_in) (He et al. 2015); bias 0.
  he_uniform,
};

// fan_in = size of axis 1 times the kernel's taps, fan_out = size of axis 0 times the taps; for the
// weight [in, out/groups, k, k] of a transposed convolution this is PyTorch's reading too.
struct Fan {
  std::int64_t in, out;
};
[[nodiscard]] Fan fan_of(const Shape& weight) noexcept;

// Weight and bias (may be undefined) of one layer; `layer` numbers the layers of a network.
void initialize_layer(const Parameter& weight, const Parameter& bias, InitRule rule,
                      std::uint64_t seed, std::uint32_t layer);

// Walks a module in visiting order and initializes the layers that have an initialize(rule, seed,
// layer); the rest (norms) keep the constants of their construction.
class InitializeWalk {
 public:
  InitializeWalk(InitRule rule, std::uint64_t seed) : rule_(rule), seed_(seed) {}

  void operator()(std::string_view, Parameter&) {}
  template <class M>
  void operator()(std::string_view, M& module) {
    if constexpr (requires { module.initialize(rule_, seed_, layer_); })
      module.initialize(rule_, seed_, layer_++);
    else
      module.visit(*this);
  }
  template <class M>
  void operator()(std::string_view name, std::vector<M>& modules) {
    for (M& module : modules) (*this)(name, module);
  }

 private:
  InitRule rule_;
  std::uint64_t seed_;
  std::uint32_t layer_ = 0;
};

template <class M>
void initialize(M& module, InitRule rule, std::uint64_t seed) {
  InitializeWalk walk(rule, seed);
  module.visit(walk);
}

}  // namespace burin

// Starting values of weights, from a seed: the same for any number of threads.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/nn/module.h"

namespace burin {

// Weights are drawn with variance gain/fan, or as an orthogonal matrix [axis 0, the rest]; biases
// are 0 unless the rule says otherwise.
struct InitRule {
  enum class Spread { uniform, normal, orthogonal };
  enum class Per { one, fan_in, fan_out, fan_sum };  // what divides the gain
  Spread spread = Spread::uniform;
  Per per = Per::one;
  double gain = 1;
  bool draws_bias = false;    // from the weight's distribution
  double norm_deviation = 0;  // of the weights of batch norms around 1

  // U(-b, b), b = 1/sqrt(fan_in), weight and bias (PyTorch's default for convolution, transposed
  // convolution and linear).
  static const InitRule fan_in_uniform;
  // U(-b, b), b = sqrt(6/(fan_in + fan_out)) (Glorot, Bengio 2010).
  static const InitRule glorot_uniform;
  // U(-b, b), b = sqrt(6/fan_in) (He et al. 2015).
  static const InitRule he_uniform;
  // Orthonormal rows, or columns where those are fewer (Saxe et al. 2014).
  static const InitRule orthogonal;
  // He et al. 2015 as a normal distribution, before a leaky ReLU of this slope.
  static constexpr InitRule he_normal(Per per, double slope = 0) {
    return {.spread = Spread::normal, .per = per, .gain = 2 / (1 + slope * slope)};
  }
  static constexpr InitRule normal(double deviation) {
    return {.spread = Spread::normal, .gain = deviation * deviation};
  }
  [[nodiscard]] constexpr InitRule with_norms(double deviation) const {
    InitRule out = *this;
    out.norm_deviation = deviation;
    return out;
  }
};
inline constexpr InitRule InitRule::fan_in_uniform{
    .per = Per::fan_in, .gain = 1.0 / 3, .draws_bias = true};
inline constexpr InitRule InitRule::glorot_uniform{.per = Per::fan_sum, .gain = 2};
inline constexpr InitRule InitRule::he_uniform{.per = Per::fan_in, .gain = 2};
inline constexpr InitRule InitRule::orthogonal{.spread = Spread::orthogonal};

// fan_in = size of axis 1 times the kernel's taps, fan_out = size of axis 0 times the taps; for the
// weight [in, out/groups, k, k] of a transposed convolution this is PyTorch's reading too.
struct Fan {
  std::int64_t in, out;
};
[[nodiscard]] Fan fan_of(const Shape& weight) noexcept;

// Weight and bias (may be undefined) of one layer; `layer` numbers the layers of a network.
void initialize_layer(const Parameter& weight, const Parameter& bias, const InitRule& rule,
                      std::uint64_t seed, std::uint32_t layer);
// Weight of a batch norm by rule.norm_deviation, unless that is 0; `norm` numbers the norms.
void initialize_norm(const Parameter& weight, const InitRule& rule, std::uint64_t seed,
                     std::uint32_t norm);

// Walks a module in visiting order and initializes the layers that have an initialize(rule, seed,
// layer) or initialize_norm(rule, seed, norm); the rest keep the constants of their construction.
class InitializeWalk {
 public:
  InitializeWalk(const InitRule& rule, std::uint64_t seed) : rule_(rule), seed_(seed) {}

  void operator()(std::string_view, Parameter&) {}
  template <class M>
  void operator()(std::string_view, M& module) {
    if constexpr (requires { module.initialize(rule_, seed_, layer_); })
      module.initialize(rule_, seed_, layer_++);
    else if constexpr (requires { module.initialize_norm(rule_, seed_, norm_); })
      module.initialize_norm(rule_, seed_, norm_++);
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
  std::uint32_t layer_ = 0, norm_ = 0;
};

template <class M>
void initialize(M& module, const InitRule& rule, std::uint64_t seed) {
  InitializeWalk walk(rule, seed);
  module.visit(walk);
}

}  // namespace burin

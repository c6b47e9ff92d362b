#include "engine/nn/initialize.h"

#include <cmath>

#include "engine/runtime/random.h"

namespace burin {
namespace {

constexpr std::uint32_t weight_use = 0x57000000u,
                        bias_use = 0x42000000u;  // keys of the two streams

void fill(const Tensor& tensor, double bound, const runtime::RandomKey& key) {
  const auto b = static_cast<float>(bound);
  runtime::RandomStream(key).fill_uniform(
      {tensor.data(), static_cast<std::size_t>(tensor.elements())}, -b, b);
  tensor.storage()->bump_version();
}

double bound_of(InitRule rule, const Fan& fan) {
  const auto in = static_cast<double>(fan.in), out = static_cast<double>(fan.out);
  switch (rule) {
    case InitRule::fan_in_uniform:
      return 1 / std::sqrt(in);
    case InitRule::glorot_uniform:
      return std::sqrt(6 / (in + out));
    case InitRule::he_uniform:
      return std::sqrt(6 / in);
  }
  return 0;
}

}  // namespace

Fan fan_of(const Shape& weight) noexcept {
  const std::int64_t taps = weight.spatial();
  return {weight.channels() * taps, weight.batch() * taps};
}

void initialize_layer(const Parameter& weight, const Parameter& bias, InitRule rule,
                      std::uint64_t seed, std::uint32_t layer) {
  const double bound = bound_of(rule, fan_of(weight.value.shape()));
  fill(weight.value, bound, {.seed = seed, .op = weight_use + layer});
  if (!bias.value) return;
  fill(bias.value, rule == InitRule::fan_in_uniform ? bound : 0.0,
       {.seed = seed, .op = bias_use + layer});
}

}  // namespace burin

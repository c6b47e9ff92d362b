#include "engine/nn/initialize.h"

#include <cmath>

#include "engine/nn/orthogonal.h"
#include "engine/runtime/random.h"

namespace burin {
namespace {

constexpr std::uint32_t weight_use = 0x57000000u, bias_use = 0x42000000u,
                        norm_use = 0x4e000000u;  // keys of the streams

std::span<float> numbers(const Tensor& tensor) {
  tensor.storage()->bump_version();
  return {tensor.data(), static_cast<std::size_t>(tensor.elements())};
}

double deviation_of(const InitRule& rule, const Fan& fan) {
  const auto in = static_cast<double>(fan.in), out = static_cast<double>(fan.out);
  switch (rule.per) {
    case InitRule::Per::one:
      return std::sqrt(rule.gain);
    case InitRule::Per::fan_in:
      return std::sqrt(rule.gain / in);
    case InitRule::Per::fan_out:
      return std::sqrt(rule.gain / out);
    case InitRule::Per::fan_sum:
      return std::sqrt(rule.gain / (in + out));
  }
  return 0;
}

void fill(const Tensor& tensor, InitRule::Spread spread, double deviation,
          const runtime::RandomKey& key) {
  const runtime::RandomStream stream(key);
  if (spread == InitRule::Spread::uniform) {
    const auto bound = static_cast<float>(std::sqrt(3.0) * deviation);
    stream.fill_uniform(numbers(tensor), -bound, bound);
  } else {
    stream.fill_normal(numbers(tensor), 0.0f, static_cast<float>(deviation));
  }
}

}  // namespace

Fan fan_of(const Shape& weight) noexcept {
  const std::int64_t taps = weight.spatial();
  return {weight.channels() * taps, weight.batch() * taps};
}

void initialize_layer(const Parameter& weight, const Parameter& bias, const InitRule& rule,
                      std::uint64_t seed, std::uint32_t layer) {
  const Tensor& w = weight.value;
  const double deviation = deviation_of(rule, fan_of(w.shape()));
  fill(w, rule.spread, deviation, {.seed = seed, .op = weight_use + layer});
  if (rule.spread == InitRule::Spread::orthogonal) make_orthogonal(numbers(w), w.shape().batch());
  if (!bias.value) return;
  fill(bias.value, rule.spread, rule.draws_bias ? deviation : 0.0,
       {.seed = seed, .op = bias_use + layer});
}

void initialize_norm(const Parameter& weight, const InitRule& rule, std::uint64_t seed,
                     std::uint32_t norm) {
  if (rule.norm_deviation == 0 || !weight.value) return;
  runtime::RandomStream({.seed = seed, .op = norm_use + norm})
      .fill_normal(numbers(weight.value), 1.0f, static_cast<float>(rule.norm_deviation));
}

}  // namespace burin

#include "train/ema.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "kernels/elementwise/elementwise.h"

namespace burin::train {

Ema::Ema(double decay, std::span<const NamedParameter> parameters)
    : decay_(decay), parameters_(parameters.begin(), parameters.end()) {
  if (!(decay >= 0 && decay < 1))
    throw Error("train.ema", "a number in [0, 1)", std::to_string(decay));
  for (const auto& p : parameters_) averages_.push_back(p.parameter->value.clone());
}

void Ema::update() {
  const auto n = static_cast<double>(++updates_);
  const auto decay = static_cast<float>(std::min(decay_, (1 + n) / (10 + n)));
  const auto& kernels = kernels::elementwise().update;
  constexpr std::int64_t block = 1 << 14;
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    const float* w = parameters_[i].parameter->value.data<float>();
    float* average = averages_[i].data<float>();
    const std::int64_t elements = averages_[i].elements();
    runtime::parallel_for(
        (elements + block - 1) / block, 1, [&](std::int64_t first, std::int64_t last, int) {
          const std::int64_t begin = first * block;
          kernels.ema(std::min(last * block, elements) - begin, decay, w + begin, average + begin);
        });
    averages_[i].storage()->bump_version();
  }
}

void Ema::swap() noexcept {
  for (std::size_t i = 0; i < averages_.size(); ++i)
    std::swap(averages_[i], parameters_[i].parameter->value);
}

std::vector<StateTensor> Ema::state() const {
  std::vector<StateTensor> out;
  for (std::size_t i = 0; i < averages_.size(); ++i)
    out.push_back({parameters_[i].name, averages_[i]});
  return out;
}

}  // namespace burin::train

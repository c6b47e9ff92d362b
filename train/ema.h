// Exponential moving average of weights and statistics: a = d*a + (1-d)*w after every step, with
// d = min(decay, (1 + n)/(10 + n)) for the n-th update so that the start is forgotten quickly.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/optimizer.h"

namespace burin::train {

class Ema {
 public:
  // Starts as a copy of the parameters. Throws Error for a decay outside [0, 1).
  Ema(double decay, std::span<const NamedParameter> parameters);

  void update();
  // Exchanges the averages and the network's numbers; twice is nothing.
  void swap() noexcept;

  [[nodiscard]] std::vector<StateTensor> state() const;
  [[nodiscard]] std::int64_t updates() const noexcept { return updates_; }
  void set_updates(std::int64_t updates) noexcept { updates_ = updates; }

 private:
  double decay_;
  std::vector<NamedParameter> parameters_;
  std::vector<Tensor> averages_;
  std::int64_t updates_ = 0;
};

}  // namespace burin::train

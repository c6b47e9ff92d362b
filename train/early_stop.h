// Stops a training whose validation score no longer grows.
#pragma once

#include <cstdint>

namespace burin::train {

struct EarlyStop {
  std::int64_t patience = 0;  // observations without a gain before stopping; 0: never
  double best = -1e300;
  std::int64_t waited = 0;

  // True when training should stop. Larger is better.
  bool observe(double metric) noexcept {
    if (metric > best) {
      best = metric;
      waited = 0;
    } else {
      ++waited;
    }
    return patience > 0 && waited >= patience;
  }
};

}  // namespace burin::train

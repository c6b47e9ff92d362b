// The epilogue of reference entries, one number at a time.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/epilogue.h"

namespace burin::kernels {

// act(sum), rounded to float once before the comparison so that vector entries agree with it.
inline float finish(double sum, const Epilogue& epilogue) noexcept {
  const auto v = static_cast<float>(sum);
  switch (epilogue.activation) {
    case Activation::none:
      return v;
    case Activation::relu:
      return std::max(v, 0.0f);
    case Activation::leaky_relu:
      return v > 0 ? v : v * epilogue.slope;
    case Activation::relu6:
      return std::min(std::max(v, 0.0f), 6.0f);
    case Activation::sigmoid:
      return static_cast<float>(1 / (1 + std::exp(-sum)));
    case Activation::tanh:
      return static_cast<float>(std::tanh(sum));
  }
  return v;
}

}  // namespace burin::kernels

// Sums and gradients of losses. Sums of one call are taken in single precision over at most 1024
// numbers at a time and in double beyond that; the caller cuts a tensor into fixed blocks and adds
// the results in block order.
#pragma once

#include "kernels/elementwise/rows.h"

namespace burin::kernels {

struct DiceSums {
  double product = 0, prediction = 0, target = 0;  // sum(p*t), sum(p), sum(t)

  void operator+=(const DiceSums& other) noexcept {
    product += other.product;
    prediction += other.prediction;
    target += other.target;
  }
};

struct CrossEntropySums {
  double loss = 0, weight = 0;  // sum of -w[t]*log p[t] and of w[t] over the pixels that count
  std::int64_t bad = 0;         // targets that are neither a class nor the ignored number

  void operator+=(const CrossEntropySums& other) noexcept {
    loss += other.loss;
    weight += other.weight;
    bad += other.bad;
  }
};

// A row of logits belongs to target[pixel].
struct Classes {
  const std::int32_t* target = nullptr;
  const float* weights = nullptr;  // one per class; null: all 1
  std::int64_t ignore = -1;
};

struct LossFunctions {
  // p = sigmoid(x) or x itself.
  DiceSums (*dice)(Extent, In x, In target, bool sigmoid) noexcept;
  // dx = (slope*target + constant) * dp/dx
  void (*dice_backward)(Extent, In x, In target, Out dx, float slope, float constant,
                        bool sigmoid) noexcept;
  // Logits: sum of max(x,0) - x*t + log1p(exp(-|x|)). Probabilities: -t*log p - (1-t)*log(1-p),
  // each logarithm at least -100.
  double (*bce)(Extent, In x, In target, bool logits) noexcept;
  // dx = factor * (sigmoid(x) - t), or factor * (p - t) / max(p*(1-p), 1e-12)
  void (*bce_backward)(Extent, In x, In target, Out dx, float factor, bool logits) noexcept;
  // sum |a-b| and sum (a-b)^2
  double (*l1)(Extent, In a, In b) noexcept;
  double (*l2)(Extent, In a, In b) noexcept;
  // d = factor * sign(a-b) and factor * (a-b)
  void (*l1_backward)(Extent, In a, In b, Out d, float factor) noexcept;
  void (*l2_backward)(Extent, In a, In b, Out d, float factor) noexcept;
  CrossEntropySums (*cross_entropy)(Extent, In logits, Classes) noexcept;
  // dx[c] = factor * w[t] * (softmax(x)[c] - (c == t)); 0 for pixels that do not count
  void (*cross_entropy_backward)(Extent, In logits, Classes, Out dx, float factor) noexcept;
};

}  // namespace burin::kernels

// What the classifiers of CIFAR-10 have in common: small pictures in, one logit for each class out.
// Names of tensors and shapes are those of chenyaofo/pytorch-cifar-models.
#pragma once

#include "engine/nn/linear.h"
#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct ClassifierOptions {
  std::int64_t classes = 10;
  std::uint64_t seed = 1;
};

// RGB, (v/255 - mean) / deviation with mean 0.4914, 0.4822, 0.4465 and deviation 0.2023, 0.1994,
// 0.2010.
[[nodiscard]] inline NetworkInput small_picture() {
  return {.name = "image", .shape = {1, 3, 32, 32}, .least = 8};
}

// Numbers of layers that a rule of their own starts again, after all that `initialize` counts.
inline constexpr std::uint32_t last_layer = 0x1000;

}  // namespace burin::models

// From a case to probabilities.
#pragma once

#include <vector>

#include "engine/nn/network.h"
#include "train/augment.h"
#include "train/recipe.h"

namespace burin::train {

struct Prediction {
  std::int64_t height = 0, width = 0, classes = 1;  // 1: a probability of the foreground
  std::vector<float> probability;                   // height*width*classes, channels interleaved

  // The most probable class; for one channel, 1 where the probability exceeds the threshold.
  [[nodiscard]] std::vector<std::uint8_t> labels(double threshold) const;
};

// Whole images are padded with zeros, right and below, to multiples of 16; windows are blended and
// take no flips. Sigmoid for one output channel, softmax for more. Throws Error when the network
// cannot take the case.
[[nodiscard]] Prediction predict(Network& network, const Case& image, const InferRecipe& recipe);

}  // namespace burin::train

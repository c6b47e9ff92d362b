// From a case to probabilities.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "engine/graph/program.h"
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
// take no flips. Sigmoid for one output channel, softmax for more.
//
// The network is compiled for each size that is met, with the weights that it has then; the last few
// programs are kept. A change of weights asks for another Predictor.
class Predictor {
 public:
  // The network must outlive it.
  Predictor(Network& network, InferRecipe recipe) : network_(network), recipe_(std::move(recipe)) {}

  // Throws Error when the network cannot take the case.
  [[nodiscard]] Prediction operator()(const Case& image);

 private:
  Program& program_for(const Shape& image);
  const Tensor& probabilities(const Tensor& image);
  void add_whole(const Case& image, bool mirror_y, bool mirror_x, Prediction& sum);
  void add_windows(const Case& image, Prediction& sum);

  Network& network_;
  InferRecipe recipe_;
  std::deque<Program> programs_;  // the newest last
};

}  // namespace burin::train

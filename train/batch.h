// What one forward pass of training takes.
#pragma once

#include "engine/tensor/tensor.h"
#include "train/recipe.h"
#include "train/sampler.h"

namespace burin::train {

struct Batch {
  Tensor image;   // [n,c,h,w]
  Tensor target;  // [n,1,h,w] of f32 in {0,1}, or [n,h,w] of i32 classes
};

// Samples first..first+batch-1 of the whole training; sample s is number s % per_epoch of epoch
// s / per_epoch.
[[nodiscard]] Batch make_batch(const PatchSampler& sampler, const Recipe& recipe,
                               std::int64_t first);

}  // namespace burin::train

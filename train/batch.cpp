#include "train/batch.h"

#include <cstring>

namespace burin::train {

Batch make_batch(const PatchSampler& sampler, const Recipe& recipe, std::int64_t first) {
  const std::int64_t n = recipe.train.batch, size = recipe.sampler.patch, pixels = size * size;
  const bool classes = wants_classes(recipe.loss.kind);
  Batch batch;
  batch.target = classes ? Tensor::empty({n, size, size}, DType::i32, Order::row_major)
                         : Tensor::empty({n, 1, size, size});
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t s = first + i, per_epoch = recipe.sampler.per_epoch;
    const Patch patch = sampler.draw(s / per_epoch, s % per_epoch);
    if (i == 0) batch.image = Tensor::empty({n, patch.channels, size, size});
    std::memcpy(batch.image.data<float>() + i * pixels * patch.channels, patch.image.data(),
                patch.image.size() * sizeof(float));
    if (classes)
      std::memcpy(batch.target.data<std::int32_t>() + i * pixels, patch.label.data(),
                  patch.label.size() * sizeof(std::int32_t));
    else
      for (std::int64_t p = 0; p < pixels; ++p)
        batch.target.data<float>()[i * pixels + p] =
            static_cast<float>(patch.label[static_cast<std::size_t>(p)]);
  }
  return batch;
}

}  // namespace burin::train

// What the adapters do around a primitive: dense copies of sliced operands, activations, layout
// changes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/epilogue.h"
#include "kernels/onednn/api.h"

namespace burin::kernels::onednn {

// Rounded up to 64 bytes.
[[nodiscard]] std::size_t aligned(std::size_t bytes);

// Memory that oneDNN reads, or writes where the argument says so.
[[nodiscard]] dnnl::memory at(const dnnl::memory::desc& desc, const void* data);

// The same numbers from one layout to another.
void reorder(const dnnl::memory::desc& from, const void* source, const dnnl::memory::desc& to,
             void* target);

// `pixels` runs of `channels` numbers (or rows of a matrix), one run every so many elements.
struct Pixels {
  std::int64_t pixels;
  std::int64_t channels;

  void copy(const float* from, std::int64_t from_pixel, float* to, std::int64_t to_pixel) const;
  void activate(float* y, std::int64_t y_pixel, const Epilogue& epilogue) const;
};

// `data` itself where it is dense, else a dense copy at `staged`.
[[nodiscard]] const float* dense(const float* data, std::int64_t pixel, const Pixels& pixels,
                                 void* staged);

}  // namespace burin::kernels::onednn

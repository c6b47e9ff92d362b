#include "kernels/onednn/staging.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace burin::kernels::onednn {

std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

dnnl::memory at(const dnnl::memory::desc& desc, const void* data) {
  return {desc, cpu_engine(), const_cast<void*>(data)};
}

void reorder(const dnnl::memory::desc& from, const void* source, const dnnl::memory::desc& to,
             void* target) {
  dnnl::stream stream(cpu_engine());
  dnnl::memory a = at(from, source), b = at(to, target);
  dnnl::reorder(a, b).execute(stream, a, b);
  stream.wait();
}

void Pixels::copy(const float* from, std::int64_t from_pixel, float* to,
                  std::int64_t to_pixel) const {
  const std::size_t bytes = static_cast<std::size_t>(channels) * sizeof(float);
#pragma omp parallel for schedule(static)
  for (std::int64_t p = 0; p < pixels; ++p)
    std::memcpy(to + p * to_pixel, from + p * from_pixel, bytes);
}

void Pixels::activate(float* y, std::int64_t y_pixel, const Epilogue& epilogue) const {
  const float slope = epilogue.activation == Activation::leaky_relu ? epilogue.slope : 0.0f;
  const float top = epilogue.activation == Activation::relu6 ? 6.0f : HUGE_VALF;
#pragma omp parallel for schedule(static)
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      float& v = y[p * y_pixel + c];
      v = v < 0 ? (slope == 0 ? 0 : v * slope) : std::min(v, top);
    }
}

const float* dense(const float* data, std::int64_t pixel, const Pixels& pixels, void* staged) {
  if (pixel == pixels.channels) return data;
  auto* copy = static_cast<float*>(staged);
  pixels.copy(data, pixel, copy, pixels.channels);
  return copy;
}

}  // namespace burin::kernels::onednn

// The two sweeps of batch, instance and group normalization, forward and backward.
//
// A tensor is a list of pixels, x[pixel*x_pixel + c]; statistics and coefficients are one number a
// channel. A caller cuts the pixels of a set (the whole batch, or one sample) into fixed blocks,
// runs the reductions per block, joins the partial results in block order in double, and turns them
// into the coefficients of the second sweep; so bits do not depend on the number of threads.
//
//   forward   statistics: mean, m2 = sum (x - mean)^2    normalize: y = act(x*scale + shift)
//   backward  reduce: sum_dz, sum_dz_x = sum dz*(x - mean)
//             gradient: dx = a*dz + b*(x - mean) + d
//   with dz = dy * act'(x*scale + shift)
//
// The derivative of the activation is taken from x*scale + shift, computed again by the same
// multiply-add as in normalize, so it agrees to the bit with what forward did, and backward reads x
// and dy alone: 2 reads, then 2 reads and a write. Taking the mask from y would add a read to
// either sweep (8 passes over memory instead of 5 with relu or leaky relu), and keep y alive;
// computing x back from y would not, but fails for relu and loses digits where gamma is small.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/cpu.h"
#include "kernels/epilogue.h"

namespace burin::kernels {

struct NormForward {
  const float* x = nullptr;
  std::int64_t x_pixel = 0;
  float* y = nullptr;  // may be x, with the same pixel stride
  std::int64_t y_pixel = 0;
  std::int64_t pixels = 0;
  int channels = 0;
  const float* scale = nullptr;  // [channels]
  const float* shift = nullptr;
  Epilogue activation{};  // none, relu or leaky_relu
};

struct NormBackward {
  const float* x = nullptr;
  std::int64_t x_pixel = 0;
  const float* dy = nullptr;
  std::int64_t dy_pixel = 0;
  std::int64_t pixels = 0;
  int channels = 0;
  const float* mean = nullptr;   // [channels]
  const float* scale = nullptr;  // of forward, as shift; unused without an activation
  const float* shift = nullptr;
  Epilogue activation{};  // none, relu or leaky_relu
  // gradient only
  const float* a = nullptr;  // [channels]
  const float* b = nullptr;
  const float* d = nullptr;
  float* dx = nullptr;  // may be dy, with the same pixel stride
  std::int64_t dx_pixel = 0;
};

struct NormKernels {
  const char* name;
  Isa isa;
  // One block: meant for up to 16 Ki numbers that stay in cache for the second look at them.
  void (*statistics)(const float* x, std::int64_t x_pixel, std::int64_t pixels, int channels,
                     float* mean, float* m2) noexcept;
  void (*normalize)(const NormForward&) noexcept;
  void (*reduce)(const NormBackward&, float* sum_dz, float* sum_dz_x) noexcept;
  void (*gradient)(const NormBackward&) noexcept;
};

// Pixels of a block: 64 KiB of numbers, at least 64 pixels.
[[nodiscard]] constexpr std::int64_t norm_block_pixels(int channels) noexcept {
  const std::int64_t pixels = 16384 / channels;
  return pixels < 64 ? 64 : pixels;
}

extern const NormKernels norm_avx512, norm_avx2, norm_reference;

// All tables of this build, best first, reference last.
[[nodiscard]] std::span<const NormKernels* const> norm_kernels() noexcept;
// The best that this CPU and BURIN_MAX_ISA allow.
[[nodiscard]] const NormKernels& norm() noexcept;

}  // namespace burin::kernels

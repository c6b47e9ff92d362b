// Max and average pooling in two and three dimensions, their gradients, and global sums.
//
//   max       y[n,o,c] = max_t x[n, i(o,t), c], index[n,o,c] = the first t that gives it
//   average   y[n,o,c] = sum_t x[n, i(o,t), c] / count(o)
//   max'      dx[n,i,c] = sum over the windows o with i = i(o, index[n,o,c]) of dy[n,o,c]
//   average'  dx[n,i,c] = sum over the windows o that hold i of dy[n,o,c] / count(o)
//
// i(o,t) = o*stride + t - pad; each element of a gradient is gathered by one task.
// o, i and t are points (d,h,w) of the output, of the input and of the window, t counted row-major.
// Points outside of the image are no candidates; a NaN wins over every number. count(o) is the
// number of points inside of the image, or all of the window when padding is counted.
// Activations are channels last with a pixel stride (>= channels); index is dense. No overlap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu.h"

namespace burin::kernels {

// Axes are d, h, w; 2-D has size 1, kernel 1, stride 1, pad 0 on axis d. Each pad < kernel, so that
// no window is empty.
struct PoolShape {
  std::int64_t batch = 1;
  int channels = 0;
  std::array<int, 3> in{1, 1, 1};
  std::array<int, 3> kernel{1, 1, 1};
  std::array<int, 3> stride{1, 1, 1};
  std::array<int, 3> pad_begin{0, 0, 0};
  std::array<int, 3> pad_end{0, 0, 0};
  bool count_padding = false;

  // floor((in + pads - kernel) / stride) + 1
  [[nodiscard]] constexpr int out(int axis) const noexcept {
    const auto a = static_cast<std::size_t>(axis);
    return (in[a] + pad_begin[a] + pad_end[a] - kernel[a]) / stride[a] + 1;
  }
  [[nodiscard]] constexpr std::int64_t taps() const noexcept {
    return std::int64_t{kernel[0]} * kernel[1] * kernel[2];
  }
  // Rows of y (forward) and of dx (backward): the tasks of a pass.
  [[nodiscard]] constexpr std::int64_t out_rows() const noexcept { return batch * out(0) * out(1); }
  [[nodiscard]] constexpr std::int64_t in_rows() const noexcept { return batch * in[0] * in[1]; }
};

// Forward: source = x, target = y. Backward: source = dy, target = dx.
template <class T>
struct PoolArgsOf {
  PoolShape shape{};
  const T* source = nullptr;
  std::int64_t source_pixel = 0;  // elements from one pixel to the next
  T* target = nullptr;
  std::int64_t target_pixel = 0;
  // [n][o][channels]; u8 for windows of up to 256 taps, else i32. Forward may leave it out (null).
  void* index = nullptr;
};
using PoolArgs = PoolArgsOf<float>;
using PoolArgsBf16 = PoolArgsOf<std::uint16_t>;  // the bits of bf16; no index

inline constexpr std::int64_t pool_narrow_taps = 256;

// Passes work on rows [first, last) of their target.
struct PoolKernels {
  const char* name;
  Isa isa;
  void (*max)(const PoolArgs&, std::int64_t first, std::int64_t last) noexcept;
  void (*max_bf16)(const PoolArgsBf16&, std::int64_t first, std::int64_t last) noexcept;
  void (*max_gradient)(const PoolArgs&, std::int64_t first, std::int64_t last) noexcept;
  void (*average)(const PoolArgs&, std::int64_t first, std::int64_t last) noexcept;
  void (*average_gradient)(const PoolArgs&, std::int64_t first, std::int64_t last) noexcept;
  // sums[c] = sum over pixels of x[pixel*x_pixel + c], each sum of few hundred pixels in f32
  void (*sum)(const float* x, std::int64_t x_pixel, std::int64_t pixels, int channels,
              float* sums) noexcept;
  // y[pixel*y_pixel + c] = values[c]
  void (*spread)(const float* values, float* y, std::int64_t y_pixel, std::int64_t pixels,
                 int channels) noexcept;
};

extern const PoolKernels pool_avx512, pool_avx2, pool_reference;

// All tables of this build, best first, reference last.
[[nodiscard]] std::span<const PoolKernels* const> pool_kernels() noexcept;
// The best that this CPU and BURIN_MAX_ISA allow.
[[nodiscard]] const PoolKernels& pool() noexcept;

}  // namespace burin::kernels

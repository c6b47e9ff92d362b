// Convolution in one, two and three dimensions, and its two gradients. Start here.
//
//   forward   y[n,o,oc]  = act(bias[oc] + r[n,o,oc] + sum_{t,c} x[n, i(o,t), c] * w[oc,c,t])
//   data      dx[n,i,c]  = act(bias[c] + r[n,i,c] + sum_{t,oc} dy[n, o(i,t), oc] * w[oc,c,t])
//   weight    dw[oc,c,t] = sum_{n,o} x[n, i(o,t), c] * dy[n,o,oc]
//
//   i(o,t) = o*stride + t*dilation - pad_begin
//   o(i,t) = (i + pad_begin - t*dilation) / stride, taps where it is exact and in range
//
// i, o and t are points (d,h,w) of the input, of the output and of the kernel; outside of the image
// x and dy are zero. r is the residual, where the shape has one. With groups, channel c of w counts inside its group. A transposed convolution
// is the data pass with a bias: its input is dy, its output dx.
//
// In memory activations are channels last, x[n][d][h][w][c], pixels dense but for a pixel stride
// (>= channels; larger where the tensor is a channel slice); the shape says what they are stored
// as, the residual as the target is. Weights lie as in files,
// w[oc][c/groups][d][h][w], and are packed by each entry in its own way. The target must not
// overlap the source or the residual.
//
// Read next: reference.cpp (what is computed), ../micro/tile.h (the registers), direct.h (pixels as
// rows of a tile, taps as a list), winograd.h (four times fewer multiplications), depthwise.h,
// docs/fast-conv.md.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/epilogue.h"
#include "kernels/table.h"

namespace burin::kernels {

// Axes are d, h, w; a 2-D convolution has size 1, kernel 1, stride 1, pad 0 on axis d.
struct ConvShape {
  std::int64_t batch = 1;
  int in_channels = 0;
  int out_channels = 0;
  int groups = 1;
  std::array<int, 3> in{1, 1, 1};
  std::array<int, 3> kernel{1, 1, 1};
  std::array<int, 3> stride{1, 1, 1};
  std::array<int, 3> dilation{1, 1, 1};
  std::array<int, 3> pad_begin{0, 0, 0};
  std::array<int, 3> pad_end{0, 0, 0};
  // Of the pass: forward reads x and writes y, data reads dy and writes dx; weight reads both, x
  // as the source and dy as the target.
  Element source_type = Element::f32, target_type = Element::f32;
  bool residual = false;  // forward and data: ConvArgs::residual is given

  // floor((in + pads - dilation*(kernel-1) - 1) / stride) + 1
  [[nodiscard]] constexpr int out(int axis) const noexcept {
    const auto a = static_cast<std::size_t>(axis);
    return (in[a] + pad_begin[a] + pad_end[a] - dilation[a] * (kernel[a] - 1) - 1) / stride[a] + 1;
  }
  [[nodiscard]] constexpr std::int64_t in_pixels() const noexcept {
    return std::int64_t{in[0]} * in[1] * in[2];
  }
  [[nodiscard]] constexpr std::int64_t out_pixels() const noexcept {
    return std::int64_t{out(0)} * out(1) * out(2);
  }
  [[nodiscard]] constexpr std::int64_t taps() const noexcept {
    return std::int64_t{kernel[0]} * kernel[1] * kernel[2];
  }
  // Positions of the axis see no others.
  [[nodiscard]] constexpr bool sees_one(std::size_t axis) const noexcept {
    return kernel[axis] == 1 && stride[axis] == 1 && pad_begin[axis] == 0 && pad_end[axis] == 0;
  }
  // Multiply-accumulates of one pass over the whole batch, borders counted in full.
  [[nodiscard]] constexpr std::int64_t macs() const noexcept {
    return batch * out_pixels() * taps() * (in_channels / groups) * out_channels;
  }
  friend constexpr bool operator==(const ConvShape&, const ConvShape&) = default;
};

// Forward: source = x, target = y. Data: source = dy, target = dx.
struct ConvArgs {
  ConvShape shape;
  const void* source = nullptr;    // of shape.source_type
  std::int64_t source_pixel = 0;   // elements from one pixel to the next
  const void* packed = nullptr;    // what pack() wrote
  const float* bias = nullptr;     // one per target channel, or null
  const void* residual = nullptr;  // of shape.target_type, where shape.residual
  std::int64_t residual_pixel = 0;
  void* target = nullptr;  // of shape.target_type
  std::int64_t target_pixel = 0;
  Epilogue epilogue{};
  void* shared = nullptr;

  [[nodiscard]] const float* source_f32() const noexcept {
    return static_cast<const float*>(source);
  }
  [[nodiscard]] const float* residual_f32() const noexcept {
    return static_cast<const float*>(residual);
  }
  [[nodiscard]] float* target_f32() const noexcept { return static_cast<float*>(target); }
};

struct ConvWeightArgs {
  ConvShape shape;
  const void* x = nullptr;  // of shape.source_type
  std::int64_t x_pixel = 0;
  const void* dy = nullptr;  // of shape.target_type
  std::int64_t dy_pixel = 0;
  float* dw = nullptr;  // [oc][c/groups][d][h][w], overwritten
  void* shared = nullptr;

  [[nodiscard]] const float* x_f32() const noexcept { return static_cast<const float*>(x); }
  [[nodiscard]] const float* dy_f32() const noexcept { return static_cast<const float*>(dy); }
};

using ConvKernel = Kernel<ConvShape, ConvArgs>;
using ConvWeightKernel = Kernel<ConvShape, ConvWeightArgs>;

// All entries of this build, reference last; `choose` (table.h) picks one.
[[nodiscard]] std::span<const ConvKernel* const> conv_forward_kernels() noexcept;
[[nodiscard]] std::span<const ConvKernel* const> conv_data_kernels() noexcept;
[[nodiscard]] std::span<const ConvWeightKernel* const> conv_weight_kernels() noexcept;

}  // namespace burin::kernels

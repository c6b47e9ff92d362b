// Which rows of taps a target row of a depthwise convolution meets, in any pass.
#pragma once

#include "kernels/conv/direct_axis.h"

namespace burin::kernels {
namespace {

constexpr int depthwise_max_rows = 64;  // of taps: kernel depth * height

// A block of target rows is walked in strips of eight pixels, some channels at a time: three rows
// of ten pixels are 15 KiB.
constexpr std::int64_t depthwise_block_rows = 8;
constexpr int depthwise_strip = 8, depthwise_strip_channels = 128;

inline const char* depthwise_refuse(const ConvShape& s) noexcept {
  if (const char* reason = refuse_other_types(s)) return reason;
  if (s.groups != s.in_channels || s.groups != s.out_channels) return "not depthwise";
  return s.kernel[0] * s.kernel[1] > depthwise_max_rows ? "more than 64 rows of kernel points"
                                                        : nullptr;
}

// Channels in whole registers: what lies between two taps of packed weights and of sums.
template <class V>
std::int64_t depthwise_padded(const ConvShape& s) noexcept {
  return ceil_div(s.groups, V::lanes) * V::lanes;
}

struct DepthwiseRow {
  std::int64_t source, target;  // first pixel of its image and of the row
  int count;
  // Of tap row r (kd, kh): the source row from `source`, and its weights, in floats.
  std::ptrdiff_t x_at[depthwise_max_rows], w_at[depthwise_max_rows];

  // Target row `row` counts (image, d, h). w_tap: floats from a tap to the next.
  void list(const DirectAxis (&axis)[3], std::int64_t row, std::int64_t source_pixel,
            std::int64_t w_tap) noexcept {
    const auto h = static_cast<int>(row % axis[1].target);
    const auto d = static_cast<int>(row / axis[1].target % axis[0].target);
    const std::int64_t image = row / axis[1].target / axis[0].target;
    target = row * axis[2].target;
    source = image * axis[0].source * axis[1].source * axis[2].source;
    count = 0;
    for (int kd = 0; kd < axis[0].kernel; ++kd)
      for (int kh = 0; kh < axis[1].kernel; ++kh) {
        const int sd = source_of(axis[0], d, kd), sh = source_of(axis[1], h, kh);
        if (sd < 0 || sh < 0) continue;
        x_at[count] = (std::int64_t{sd} * axis[1].source + sh) * axis[2].source * source_pixel;
        w_at[count++] = (kd * axis[1].kernel + kh) * axis[2].kernel * w_tap;
      }
  }

 private:
  // Source position of a target position and a kernel point, or -1.
  static int source_of(const DirectAxis& a, int at, int k) noexcept {
    if (a.forward) {
      const int x = at * a.stride + k * a.dilation - a.pad;
      return x >= 0 && x < a.source ? x : -1;
    }
    const int x = at + a.pad - k * a.dilation;
    return x >= 0 && x % a.stride == 0 && x / a.stride < a.source ? x / a.stride : -1;
  }
};

}  // namespace
}  // namespace burin::kernels

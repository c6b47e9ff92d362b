// Weight gradient of a depthwise convolution: the lanes of a register are channels. Output rows are
// cut into blocks by the shape; stage 1 adds their sums in order.
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/micro/parts.h"

namespace burin::kernels {
namespace {

template <class V>
struct DepthwiseWeight {
  static constexpr std::int64_t most_blocks = 32;

  static const char* refuse(const ConvShape& s) noexcept {
    return s.groups != s.in_channels || s.groups != s.out_channels ? "not depthwise" : nullptr;
  }
  // Two loads for a multiply-add, and memory.
  static double cost(const ConvShape& s) noexcept {
    return 6.0 * 16 / V::lanes * static_cast<double>(s.macs());
  }
  static std::int64_t padded(const ConvShape& s) noexcept {
    return ceil_div(s.groups, V::lanes) * V::lanes;
  }
  static std::int64_t rows(const ConvShape& s) noexcept { return s.batch * s.out(0) * s.out(1); }
  static std::int64_t blocks(const ConvShape& s) noexcept { return at_most(rows(s), most_blocks); }
  static std::size_t no_bytes(const ConvShape&) noexcept { return 0; }
  // sums[block][tap][channel]
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    return sizeof(float) * static_cast<std::size_t>(blocks(s) * s.taps() * padded(s));
  }
  static std::int64_t tasks(const ConvShape& s, int stage) noexcept {
    return stage == 0 ? blocks(s) : s.taps();
  }
  static void run(const ConvWeightArgs& args, int stage, std::int64_t first, std::int64_t last,
                  void*) noexcept {
    for (std::int64_t task = first; task < last; ++task) {
      if (stage == 0)
        sum(args, task);
      else
        combine(args, task);
    }
  }

 private:
  static void sum(const ConvWeightArgs& args, std::int64_t block) noexcept {
    const ConvShape& s = args.shape;
    float* sums = static_cast<float*>(args.shared) + block * s.taps() * padded(s);
    for (std::int64_t i = 0; i < s.taps() * padded(s); i += V::lanes) V::store(sums + i, V::zero());
    for (std::int64_t row = part_first(rows(s), blocks(s), block);
         row < part_first(rows(s), blocks(s), block + 1); ++row)
      for (std::int64_t t = 0; t < s.taps(); ++t) add_row(args, row, t, sums + t * padded(s));
  }

  // Adds one output row of one tap.
  static void add_row(const ConvWeightArgs& args, std::int64_t row, std::int64_t tap,
                      float* sums) noexcept {
    const ConvShape& s = args.shape;
    const std::int64_t kw = tap % s.kernel[2], kh = tap / s.kernel[2] % s.kernel[1],
                       kd = tap / s.kernel[2] / s.kernel[1];
    const std::int64_t d =
        row / s.out(1) % s.out(0) * s.stride[0] + kd * s.dilation[0] - s.pad_begin[0];
    const std::int64_t h = row % s.out(1) * s.stride[1] + kh * s.dilation[1] - s.pad_begin[1];
    if (d < 0 || d >= s.in[0] || h < 0 || h >= s.in[1]) return;
    // Output columns whose input column left + o*stride exists.
    const std::int64_t left = kw * s.dilation[2] - s.pad_begin[2], step = s.stride[2];
    const std::int64_t first = left < 0 ? ceil_div(-left, step) : 0;
    const std::int64_t end =
        left < s.in[2] ? at_most(s.out(2), (s.in[2] - 1 - left) / step + 1) : 0;
    const std::int64_t image = row / s.out(1) / s.out(0);
    const std::int64_t x_row = ((image * s.in[0] + d) * s.in[1] + h) * s.in[2] + left;
    const float* x = args.x + (x_row + first * step) * args.x_pixel;
    const float* dy = args.dy + (row * s.out(2) + first) * args.dy_pixel;
    for (int c = 0; c < s.groups && first < end; c += V::lanes)
      V::store(sums + c, add_columns(x + c, step * args.x_pixel, dy + c, args.dy_pixel, end - first,
                                     s.groups - c, V::load(sums + c)));
  }

  // sum + over k of x[k*x_step + c] * dy[k*dy_step + c], in two chains.
  static typename V::reg add_columns(const float* x, std::int64_t x_step, const float* dy,
                                     std::int64_t dy_step, std::int64_t count, int channels,
                                     typename V::reg sum) noexcept {
    typename V::reg other = V::zero();
    std::int64_t k = 0;
    if (channels < V::lanes) {
      for (; k < count; ++k)
        V::mac_into(sum, V::load(x + k * x_step, channels), V::load(dy + k * dy_step, channels));
      return sum;
    }
    for (; k + 2 <= count; k += 2) {
      V::mac_into(sum, V::load(x + k * x_step), V::load(dy + k * dy_step));
      V::mac_into(other, V::load(x + (k + 1) * x_step), V::load(dy + (k + 1) * dy_step));
    }
    if (k < count) V::mac_into(sum, V::load(x + k * x_step), V::load(dy + k * dy_step));
    return V::add(sum, other);
  }

  // dw[channel][tap] of one tap.
  static void combine(const ConvWeightArgs& args, std::int64_t tap) noexcept {
    const ConvShape& s = args.shape;
    const float* sums = static_cast<const float*>(args.shared) + tap * padded(s);
    for (std::int64_t c = 0; c < s.groups; ++c) {
      float sum = 0;
      for (std::int64_t b = 0; b < blocks(s); ++b) sum += sums[b * s.taps() * padded(s) + c];
      args.dw[c * s.taps() + tap] = sum;
    }
  }

 public:
  static constexpr ConvWeightKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_f32_exact,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = no_bytes,
            .pack_tasks = nullptr,
            .pack = nullptr,
            .workspace_bytes = no_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels

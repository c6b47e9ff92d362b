// Weight gradient of a depthwise convolution: the lanes of a register are channels. Output rows are
// cut into blocks by the shape; stage 1 adds their sums in order. A block is walked like
// depthwise.h does, and where the taps of a kernel row lie side by side a load of x feeds all.
#pragma once

#include "kernels/conv/depthwise_rows.h"
#include "kernels/entry_parts.h"
#include "kernels/micro/unroll.h"

namespace burin::kernels {
namespace {

// sums[w_at[r] + k*w_tap] += x[x_at[r] + j*x_pixel + k*x_tap] * dy[j*dy_pixel], over pixels j.
struct DepthwiseWeightCall {
  const float *x, *dy;
  float* sums;
  std::ptrdiff_t x_pixel, dy_pixel;
  int pixels, rows, taps;
  const std::ptrdiff_t *x_at, *w_at;
  std::ptrdiff_t x_tap, w_tap;
  int channels;
};
using DepthwiseWeightFunction = void (*)(const DepthwiseWeightCall&) noexcept;

// One row of taps, any number of pixels: two loads for a multiply-add.
struct WeightTaps {
  template <class V, bool Full>
  [[gnu::always_inline]] static void add(const DepthwiseWeightCall& call, int c,
                                         int left) noexcept {
    const auto load = [&](const float* p) __attribute__((always_inline)) {
      return Full ? V::load(p) : V::load(p, left);
    };
    for (int r = 0; r < call.rows; ++r)
      for (int k = 0; k < call.taps; ++k) {
        const float *x = call.x + c + call.x_at[r] + k * call.x_tap, *dy = call.dy + c;
        float* sums = call.sums + c + call.w_at[r] + k * call.w_tap;
        typename V::reg sum = V::load(sums);
        for (int j = 0; j < call.pixels; ++j, x += call.x_pixel, dy += call.dy_pixel)
          sum = V::mac(load(x), load(dy), sum);
        V::store(sums, sum);
      }
  }
};

// K taps side by side, output pixels S apart, eight pixels, which stay in registers: x[i] meets tap
// k of pixel (i - k) / S. Pixels of one tap are added in order, as above.
template <int K, int S>
struct SharedWeightTaps {
  static constexpr int pixels = depthwise_strip;
  template <class V, bool Full>
  [[gnu::always_inline]] static void add(const DepthwiseWeightCall& call, int c,
                                         int left) noexcept {
    const auto load = [&](const float* p) __attribute__((always_inline)) {
      return Full ? V::load(p) : V::load(p, left);
    };
    typename V::reg dy[pixels];
    unroll<pixels>([&](auto j) __attribute__((always_inline)) {
      dy[j] = load(call.dy + c + j * call.dy_pixel);
    });
    for (int r = 0; r < call.rows; ++r) {
      const float* x = call.x + c + call.x_at[r];
      float* sums = call.sums + c + call.w_at[r];
      typename V::reg sum[K];
      unroll<K>([&](auto k)
                    __attribute__((always_inline)) { sum[k] = V::load(sums + k * call.w_tap); });
      unroll<(pixels - 1) * S + K>([&](auto i) __attribute__((always_inline)) {
        const typename V::reg value = load(x);
        x += call.x_tap;
        unroll<K>([&](auto k) __attribute__((always_inline)) {
          constexpr int at = decltype(i)::value - decltype(k)::value;
          if constexpr (at >= 0 && at % S == 0 && at / S < pixels)
            sum[k] = V::mac(value, dy[at / S], sum[k]);
        });
      });
      unroll<K>([&](auto k)
                    __attribute__((always_inline)) { V::store(sums + k * call.w_tap, sum[k]); });
    }
  }
};

template <class V, class Taps>
void depthwise_weight_tile(const DepthwiseWeightCall& call) noexcept {
  int c = 0;
  for (; c + V::lanes <= call.channels; c += V::lanes)
    Taps::template add<V, true>(call, c, V::lanes);
  if (c < call.channels) Taps::template add<V, false>(call, c, call.channels - c);
}

template <class V>
struct DepthwiseWeight {
  static constexpr std::int64_t most_blocks = 16;

  // Bound by loads and memory, as forward is.
  static double cost(const ConvShape& s) noexcept {
    return 4.0 * 16 / V::lanes * static_cast<double>(s.macs());
  }
  static std::int64_t rows(const ConvShape& s) noexcept { return s.batch * s.out(0) * s.out(1); }
  static std::int64_t blocks(const ConvShape& s) noexcept { return at_most(rows(s), most_blocks); }
  // sums[block][tap][channel]
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    return sizeof(float) * static_cast<std::size_t>(blocks(s) * s.taps() * depthwise_padded<V>(s));
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
    float* sums = static_cast<float*>(args.shared) + block * s.taps() * depthwise_padded<V>(s);
    for (std::int64_t i = 0; i < s.taps() * depthwise_padded<V>(s); i += V::lanes)
      V::store(sums + i, V::zero());
    const std::int64_t first = part_first(rows(s), blocks(s), block),
                       end = part_first(rows(s), blocks(s), block + 1);
    for (std::int64_t row = first; row < end; row += depthwise_block_rows)
      Block(args, row, at_most(end, row + depthwise_block_rows), sums).run();
  }

  class Block {
   public:
    Block(const ConvWeightArgs& args, std::int64_t first, std::int64_t end, float* sums) noexcept
        : args_(args),
          axis_{direct_axis(args.shape, 0, true), direct_axis(args.shape, 1, true),
                direct_axis(args.shape, 2, true)},
          phase_(axis_[2].phase(0)),
          count_(static_cast<int>(end - first)),
          sums_(sums) {
      for (int i = 0; i < count_; ++i)
        rows_[i].list(axis_, first + i, args.x_pixel, depthwise_padded<V>(args.shape));
    }

    void run() noexcept {
      const auto [inner, outer] = phase_.inner(axis_[2].source);
      const DepthwiseWeightFunction plain = depthwise_weight_tile<V, WeightTaps>,
                                    shared = phase_.offset_step == 1
                                                 ? shared_tile(phase_.taps, phase_.source_step)
                                                 : nullptr;
      for (int c = 0; c < args_.shape.groups; c += depthwise_strip_channels) {
        channel_ = c;
        int j = 0;
        for (; j < inner; ++j) add(j, 1, plain);
        for (; j < outer; j += depthwise_strip) {
          const auto pixels = static_cast<int>(at_most(depthwise_strip, outer - j));
          add(j, pixels, pixels == depthwise_strip && shared != nullptr ? shared : plain);
        }
        for (j = outer; j < phase_.count; ++j) add(j, 1, plain);
      }
    }

   private:
    static DepthwiseWeightFunction shared_tile(int taps, int step) noexcept {
      if (step == 1 && taps == 3) return depthwise_weight_tile<V, SharedWeightTaps<3, 1>>;
      if (step == 2 && taps == 3) return depthwise_weight_tile<V, SharedWeightTaps<3, 2>>;
      if (step == 1 && taps == 5) return depthwise_weight_tile<V, SharedWeightTaps<5, 1>>;
      if (step == 2 && taps == 5) return depthwise_weight_tile<V, SharedWeightTaps<5, 2>>;
      return nullptr;
    }

    // Output pixels [j, j + pixels) of every row; all of them have the taps of the first.
    void add(int j, int pixels, DepthwiseWeightFunction tile) noexcept {
      const TapRange taps = phase_.met(j, 1, axis_[2].source);
      const std::int64_t x =
          j * phase_.source_step + phase_.offset + taps.first * phase_.offset_step;
      DepthwiseWeightCall call{};
      call.w_tap = depthwise_padded<V>(args_.shape);
      call.sums = sums_ + taps.first * call.w_tap + channel_;
      call.x_pixel = phase_.source_step * args_.x_pixel;
      call.dy_pixel = args_.dy_pixel;
      call.pixels = pixels;
      call.taps = taps.count;
      call.x_tap = phase_.offset_step * args_.x_pixel;
      call.channels =
          static_cast<int>(at_most(depthwise_strip_channels, args_.shape.groups - channel_));
      for (int i = 0; i < count_; ++i) {
        const DepthwiseRow& row = rows_[i];
        call.x = args_.x_f32() + (row.source + x) * args_.x_pixel + channel_;
        call.dy = args_.dy_f32() + (row.target + j) * args_.dy_pixel + channel_;
        call.rows = row.count;
        call.x_at = row.x_at;
        call.w_at = row.w_at;
        tile(call);
      }
    }

    const ConvWeightArgs& args_;
    DirectAxis axis_[3];
    AxisPhase phase_;
    int count_, channel_ = 0;
    float* sums_;
    DepthwiseRow rows_[depthwise_block_rows];
  };

  // dw[channel][tap] of one tap.
  static void combine(const ConvWeightArgs& args, std::int64_t tap) noexcept {
    const ConvShape& s = args.shape;
    const std::int64_t block = s.taps() * depthwise_padded<V>(s);
    const float* sums = static_cast<const float*>(args.shared) + tap * depthwise_padded<V>(s);
    alignas(64) float lanes[V::lanes];
    for (std::int64_t c = 0; c < s.groups; c += V::lanes) {
      typename V::reg sum = V::load(sums + c);
      for (std::int64_t b = 1; b < blocks(s); ++b) sum = V::add(sum, V::load(sums + b * block + c));
      V::store(lanes, sum);
      for (std::int64_t i = 0; i < at_most(V::lanes, s.groups - c); ++i)
        args.dw[(c + i) * s.taps() + tap] = lanes[i];
    }
  }

 public:
  static constexpr ConvWeightKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_f32_exact,
            .refuse = depthwise_refuse,
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

// Depthwise convolution, forward and data: channel c of the result comes from channel c alone, so
// the lanes of a register are channels and a tile is up to eight pixels of one register.
//
// Where the taps of a kernel row lie side by side, a load of x feeds all of them: 3x3 takes 10
// loads of x and 3 of weights for 24 multiply-adds (DepthwiseShared); elsewhere eight pixels share a
// load of the weights (DepthwiseTaps). A task walks a strip of eight pixels down its rows, some
// channels at a time: what the next row reads is in L1 but for as many rows of the strip as the
// stride says, of which the first is fetched ahead.
#pragma once

#include "kernels/conv/depthwise_rows.h"
#include "kernels/conv/depthwise_tile.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

template <class V, bool Forward>
struct Depthwise {
  static constexpr int pixels = depthwise_strip;
  static constexpr std::int64_t wanted_tasks = 16;
  using Tiles = DepthwiseTiles<V, std::make_integer_sequence<int, pixels>>;

  // Bound by loads and memory: a quarter of the speed of a tile.
  static double cost(const ConvShape& s) noexcept {
    return 4.0 * 16 / V::lanes * static_cast<double>(s.macs());
  }
  static std::size_t packed_bytes(const ConvShape& s) noexcept {
    return sizeof(float) * static_cast<std::size_t>(s.taps() * depthwise_padded<V>(s));
  }
  static std::int64_t pack_tasks(const ConvShape& s) noexcept { return s.taps(); }
  // packed[tap][channel]; a task is a tap.
  static void pack(const ConvShape& s, const float* weights, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    auto* to = static_cast<float*>(packed);
    for (std::int64_t t = first; t < last; ++t)
      for (std::int64_t c = 0; c < depthwise_padded<V>(s); ++c)
        to[t * depthwise_padded<V>(s) + c] = c < s.groups ? weights[c * s.taps() + t] : 0.0f;
  }

  // Rows (d,h) of the target of all images; a task is a block of them.
  static std::int64_t rows(const ConvShape& s) noexcept {
    const DirectAxis d = direct_axis(s, 0, Forward), h = direct_axis(s, 1, Forward);
    return s.batch * d.target * h.target;
  }
  static std::int64_t tasks(const ConvShape& s, int) noexcept {
    return ceil_div(rows(s), at_least(1, at_most(rows(s) / wanted_tasks, depthwise_block_rows)));
  }
  static void run(const ConvArgs& args, int, std::int64_t first, std::int64_t last,
                  void*) noexcept {
    const std::int64_t all = rows(args.shape), count = tasks(args.shape, 0);
    for (std::int64_t task = first; task < last; ++task)
      Block(args, part_first(all, count, task), part_first(all, count, task + 1)).run();
  }

 private:
  class Block {
   public:
    Block(const ConvArgs& args, std::int64_t first, std::int64_t last) noexcept
        : args_(args),
          axis_{direct_axis(args.shape, 0, Forward), direct_axis(args.shape, 1, Forward),
                direct_axis(args.shape, 2, Forward)},
          count_(static_cast<int>(last - first)) {
      for (int i = 0; i < count_; ++i)
        rows_[i].list(axis_, first + i, args.source_pixel, depthwise_padded<V>(args.shape));
    }

    void run() noexcept {
      const int channels = args_.shape.groups;
      for (int c = 0; c < channels; c += depthwise_strip_channels) {
        channel_first_ = c;
        channel_last_ = static_cast<int>(at_most(channels, c + depthwise_strip_channels));
        for (int r = 0; r < axis_[2].phases(); ++r) run_phase(axis_[2].phase(r));
      }
    }

   private:
    void run_phase(const AxisPhase& p) noexcept {
      const auto [inner, outer] = p.inner(axis_[2].source);
      for (int j = 0; j < inner; ++j) strip(p, j, Tiles::at[0]);
      run_inner(p, inner, outer);
      for (int j = outer; j < p.count; ++j) strip(p, j, Tiles::at[0]);
    }

    void run_inner(const AxisPhase& p, int first, int end) noexcept {
      const DepthwiseFunction shared = p.offset_step == 1 && end - first >= pixels
                                           ? Tiles::shared(p.taps, p.source_step)
                                           : nullptr;
      if (shared != nullptr) {  // the last strip may do pixels again
        for (int j = first; j < end; j += pixels)
          strip(p, static_cast<int>(at_most(j, end - pixels)), shared);
        return;
      }
      const std::int64_t tiles = ceil_div(end - first, pixels);
      for (std::int64_t i = 0; i < tiles; ++i) {
        const std::int64_t at = part_first(end - first, tiles, i);
        const auto count = static_cast<int>(part_first(end - first, tiles, i + 1) - at);
        strip(p, first + static_cast<int>(at), Tiles::at[count - 1]);
      }
    }

    // A tile from pixel j of the phase, in every row.
    void strip(const AxisPhase& p, int j, DepthwiseFunction tile) noexcept {
      const TapRange taps = p.met(j, 1, axis_[2].source);
      const std::int64_t width = depthwise_padded<V>(args_.shape);
      const std::int64_t x = j * p.source_step + p.offset + taps.first * p.offset_step;
      const std::int64_t y = p.first + std::int64_t{j} * p.step;
      DepthwiseCall call{};
      call.w = static_cast<const float*>(args_.packed) + channel_first_ +
               (p.kernel_first + taps.first * p.kernel_step) * width;
      call.x_pixel = p.source_step * args_.source_pixel;
      call.taps = taps.count;
      call.x_tap = p.offset_step * args_.source_pixel;
      call.w_tap = p.kernel_step * width;
      call.bias = args_.bias != nullptr ? args_.bias + channel_first_ : nullptr;
      call.residual_pixel = p.step * args_.residual_pixel;
      call.y_pixel = p.step * args_.target_pixel;
      call.y_next = axis_[2].target * args_.target_pixel;
      call.channels = channel_last_ - channel_first_;
      call.epilogue = args_.epilogue;
      for (int i = 0; i < count_; ++i) {
        const DepthwiseRow& row = rows_[i];
        call.x = args_.source_f32() + (row.source + x) * args_.source_pixel + channel_first_;
        call.rows = row.count;
        call.x_at = row.x_at;
        call.w_at = row.w_at;
        call.x_next =
            row.count > 0 ? row.x_at[row.count - 1] + axis_[2].source * args_.source_pixel : 0;
        if (args_.shape.residual)
          call.residual =
              args_.residual_f32() + (row.target + y) * args_.residual_pixel + channel_first_;
        call.y = args_.target_f32() + (row.target + y) * args_.target_pixel + channel_first_;
        tile(call);
      }
    }

    const ConvArgs& args_;
    DirectAxis axis_[3];
    int count_, channel_first_ = 0, channel_last_ = 0;
    DepthwiseRow rows_[depthwise_block_rows];
  };

 public:
  static constexpr ConvKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_f32_exact,
            .refuse = depthwise_refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = no_bytes,
            .shared_bytes = no_bytes,
            .stages = 1,
            .tasks = tasks,
            .run = run,
            .row_period = every_row};
  }
};

}  // namespace
}  // namespace burin::kernels

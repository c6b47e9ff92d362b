// Tiles as entries of the convolution tables: `split` takes and gives f32 or bf16 and holds f32's
// precision, the other multiplies numbers rounded to bf16.
#pragma once

#include "kernels/conv/tiles.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

template <class E, bool forward, bool split>
struct TilesEntry {
  static TilesPlan plan(const ConvShape& s) noexcept { return TilesPlan(s, forward, split); }

  static const char* refuse(const ConvShape& s) noexcept {
    // A window is staged with all that the kernel reaches: mostly padding there, and again for each row.
    for (std::size_t a = 0; a < 3; ++a)
      if (s.dilation[a] > 1 && s.dilation[a] * (s.kernel[a] - 1) >= s.in[a])
        return "the dilated kernel reaches past the image";
    if (const char* reason = tiles_refuse_counts(s)) return reason;
    const TilesPlan p = plan(s);
    return p.whole ? nullptr : tiles_refuse_staged(p.staged_bytes(p.memory_d(), p.memory_h()));
  }
  // In multiply-adds at full speed of 512 bits. Measured with 2 threads: tiles do 15 times as many,
  // of which two thirds are reached; a number that is staged or finished costs 15 in bf16, 30 in
  // f32, and one of the weights 10.
  static double cost(const ConvShape& s) noexcept {
    const TilesPlan p = plan(s);
    const double products = p.a_planes + p.w_planes - 1;
    const double points = static_cast<double>(s.macs()) /
                          (static_cast<double>(s.in_channels / s.groups) * s.out_channels);
    const double weights = static_cast<double>(p.c_blocks) * tile_depth *
                           static_cast<double>(p.column_tiles()) * tile_channels * s.groups;
    const double from = static_cast<double>(s.batch * s.in_pixels()) * s.in_channels,
                 to = static_cast<double>(s.batch * s.out_pixels()) * s.out_channels;
    const double from_cost = s.source_type == Element::f32 ? 30 : 15,
                 to_cost = s.target_type == Element::f32 ? 30 : 15;
    return points * p.waste() * weights * products * 0.1 + (forward ? from : to) * from_cost +
           (forward ? to : from) * to_cost + weights * static_cast<double>(s.taps()) * 10;
  }
  static std::size_t packed_bytes(const ConvShape& s) noexcept {
    return static_cast<std::size_t>(plan(s).group_bytes() * s.groups);
  }
  static std::int64_t pack_tasks(const ConvShape& s) noexcept {
    return std::int64_t{plan(s).o_blocks} * s.groups;
  }
  static void pack(const ConvShape& s, const float* weights, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    const TilesPlan p = plan(s);
    TilesPack packing(p, TilesWeights::of(p, weights), packed);
    for (std::int64_t t = first; t < last; ++t) packing.task(t);
  }
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    return static_cast<std::size_t>(TilesRun<E, 1, 1>::workspace_bytes(plan(s)));
  }
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    const TilesPlan p = plan(s);
    if (!p.whole) return 0;
    return static_cast<std::size_t>(p.images() * p.staged_bytes(p.memory_d(), p.memory_h()));
  }
  static std::int64_t tasks(const ConvShape& s, int stage) noexcept { return plan(s).tasks(stage); }
  static void run(const ConvArgs& args, int stage, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    const TilesPlan p = plan(args.shape);
    if constexpr (split) {
      if (p.a_planes == 2)
        each_task(TilesRun<E, 2, 2>(args, p, workspace), stage, first, last);
      else
        each_task(TilesRun<E, 1, 2>(args, p, workspace), stage, first, last);
    } else {
      each_task(TilesRun<E, 1, 1>(args, p, workspace), stage, first, last);
    }
  }

  static constexpr ConvKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = split ? kernel_split_products : kernel_bf16_products,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run,
            .row_period = every_row};
  }

 private:
  template <class Run>
  static void each_task(Run runner, int stage, std::int64_t first, std::int64_t last) noexcept {
    E::begin();
    for (std::int64_t t = first; t < last; ++t) {
      if (stage == 0)
        runner.stage_task(t);
      else
        runner.task(t);
    }
    E::end();
  }
};

}  // namespace
}  // namespace burin::kernels

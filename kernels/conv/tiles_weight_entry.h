// Weight gradients on tiles as entries of the convolution tables. Stage 0 leaves partial sums in
// shared memory (tiles_weight.h); stage 1 adds them in order and writes dw.
#pragma once

#include "kernels/conv/tiles_weight.h"

namespace burin::kernels {
namespace {

// `split` takes f32 and holds its precision, the other multiplies numbers rounded to bf16.
template <class E, bool split>
struct TilesWeightEntry {
  using Run = TilesWeightRun<E, split ? 2 : 1>;

  static TilesWeightPlan plan(const ConvShape& s) noexcept { return {s, split}; }
  static const char* refuse(const ConvShape& s) noexcept {
    if (split && refuse_other_types(s) != nullptr) return refuse_other_types(s);
    if (s.taps() > TilesPlan::max_taps) return "more than 512 kernel points";
    if (s.in_pixels() >= (1 << 30) || s.out_pixels() >= (1 << 30)) return "more than 2^30 pixels";
    constexpr std::int64_t most = std::int64_t{64} << 20;
    return plan(s).x_bytes() <= most ? nullptr : "a row of the image does not fit in the cache";
  }
  // In multiply-adds at full speed of 512 bits. Measured with 2 threads: tiles do 15 times as many,
  // of which two thirds are reached.
  static double cost(const ConvShape& s) noexcept {
    const TilesWeightPlan p = plan(s);
    const double strips = static_cast<double>(p.strips());
    const double pixels = strips * p.chunks * tile_depth;
    const double x_pixels = strips * p.subs() * p.lines * p.pitch;
    const double tiles = tile_channels * static_cast<double>(p.groups());
    const double c = tiles * p.c_tiles, oc = tiles * p.o_tiles;
    const double products = pixels * c * p.o_tiles * tile_channels * p.taps * (split ? 3 : 1);
    const double staged = x_pixels * c * static_cast<double>(p.o_ranges) +
                          pixels * oc * static_cast<double>(p.c_ranges);
    const double sums = static_cast<double>(p.tasks() * p.sums_bytes() / 4);
    return products * 0.1 + staged * (split ? 30 : 20) + sums * 40;
  }
  static std::size_t packed_bytes(const ConvShape&) noexcept { return 0; }
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    const TilesWeightPlan p = plan(s);
    return static_cast<std::size_t>(
        at_least(Run::workspace_bytes(p), 4 * tile_channels * row_floats(p)));
  }
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    const TilesWeightPlan p = plan(s);
    return static_cast<std::size_t>(p.tasks() * p.sums_bytes());
  }
  static std::int64_t tasks(const ConvShape& s, int stage) noexcept {
    const TilesWeightPlan p = plan(s);
    return stage == 0 ? p.tasks() : p.groups() * p.c_tiles * p.o_tiles;
  }
  static void run(const ConvWeightArgs& args, int stage, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    const TilesWeightPlan p = plan(args.shape);
    if (stage == 1) {
      for (std::int64_t t = first; t < last; ++t)
        combine(args, p, t, static_cast<float*>(workspace));
      return;
    }
    E::begin();
    Run runner(args, p, workspace);
    for (std::int64_t t = first; t < last; ++t) runner.task(t);
    E::end();
  }

  static constexpr ConvWeightKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = split ? kernel_default : kernel_bf16_products,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = nullptr,
            .pack = nullptr,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run};
  }

 private:
  // Where a channel tile is: its range, and its place there.
  struct Range {
    std::int64_t index, at;
  };
  [[nodiscard]] static Range range_of(std::int64_t tiles, std::int64_t ranges,
                                      std::int64_t tile) noexcept {
    std::int64_t i = 0;
    while (part_first(tiles, ranges, i + 1) <= tile) ++i;
    return {i, tile - part_first(tiles, ranges, i)};
  }

  // Stage 1: a channel tile of x and one of dy of a group. The sums, tile after tile, become
  // [row][kernel point][channel], of which each row is turned to [channel][kernel point].
  static void combine(const ConvWeightArgs& args, const TilesWeightPlan& p, std::int64_t index,
                      float* rows) noexcept {
    const std::int64_t c_tile = index % p.c_tiles, o_tile = index / p.c_tiles % p.o_tiles;
    const std::int64_t group = index / p.c_tiles / p.o_tiles;
    const Range c = range_of(p.c_tiles, p.c_ranges, c_tile),
                o = range_of(p.o_tiles, p.o_ranges, o_tile);
    const std::int64_t task = ((group * p.c_ranges + c.index) * p.o_ranges + o.index) * p.partials;
    const float* from = static_cast<const float*>(args.shared) + task * (p.sums_bytes() / 4) +
                        (c.at * p.taps * p.o_most() + o.at) * (tile_bytes / 4);
    const std::int64_t part_floats = p.sums_bytes() / 4, pitch = row_floats(p);
    for (std::int64_t t = 0; t < p.taps; ++t, from += p.o_most() * (tile_bytes / 4))
      for (std::int64_t row = 0; row < tile_channels; ++row) {
        const float* x = from + row * tile_channels;
        auto sum = E::load(x);
        for (std::int64_t part = 1; part < p.partials; ++part)
          sum = E::add(sum, E::load(x + part * part_floats));
        E::store(rows + row * pitch + t * tile_channels, sum);
      }
    const auto channels = static_cast<int>(at_most(tile_channels, p.c - c_tile * tile_channels));
    float* to =
        args.dw + ((group * p.oc + o_tile * tile_channels) * p.c + c_tile * tile_channels) * p.taps;
    const std::int64_t last = at_most(tile_channels, p.oc - o_tile * tile_channels);
    for (std::int64_t row = 0; row < last; ++row, to += p.c * p.taps, rows += pitch)
      write_row(p.taps, channels, rows, to);
  }

  // Floats of a row of 16 channels: whole tiles, those behind the last kernel point unused.
  [[nodiscard]] static std::int64_t row_floats(const TilesWeightPlan& p) noexcept {
    return ceil_div(p.taps, tile_channels) * (tile_bytes / 4);
  }

  // [kernel point][channel] at `row`, which is overwritten, to [channel][kernel point].
  static void write_row(int taps, int channels, float* row, float* to) noexcept {
    if (taps == 1) return E::store(to, E::load(row), channels);
    for (int t = 0; t < taps; t += tile_channels, row += tile_bytes / 4) {
      E::transpose(row);
      const int left = taps - t;
      for (int i = 0; i < channels; ++i)
        E::store(to + std::int64_t{i} * taps + t, E::load(row + i * tile_channels), left);
    }
  }
};

}  // namespace
}  // namespace burin::kernels

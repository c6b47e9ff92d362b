// Weight gradients on tiles as entries of the convolution tables. Where several tasks of stage 0
// (tiles_weight.h) have parts of the same sums, these lie in shared memory and stage 1 adds them in
// order and writes dw; else a task writes its own.
#pragma once

#include "kernels/conv/tiles_weight.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

// `split` takes f32 and holds its precision, the other multiplies numbers rounded to bf16.
template <class E, bool split>
struct TilesWeightEntry {
  using Run = TilesWeightRun<E, split ? 2 : 1>;

  static TilesWeightPlan plan(const ConvShape& s) noexcept { return {s, split}; }
  static const char* refuse(const ConvShape& s) noexcept {
    if (split && refuse_other_types(s) != nullptr) return refuse_other_types(s);
    if (const char* reason = tiles_refuse_counts(s)) return reason;
    return tiles_refuse_staged(plan(s).x_bytes());
  }
  // In multiply-adds at full speed of 512 bits. Measured with 2 threads: tiles do 15 times as many,
  // of which 46 % are reached in split form and 40 % in bf16; a number that is staged costs 40 or
  // 35, one of the sums 30.
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
    return products * (split ? 0.145 : 0.17) + staged * (split ? 40 : 35) + sums * 30;
  }
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    const TilesWeightPlan p = plan(s);
    return static_cast<std::size_t>(at_least(own_bytes(p) + Run::workspace_bytes(p), row_bytes(p)));
  }
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    const TilesWeightPlan p = plan(s);
    return static_cast<std::size_t>(p.partials == 1 ? 0 : p.tasks() * p.sums_bytes());
  }
  static std::int64_t tasks(const ConvShape& s, int stage) noexcept {
    const TilesWeightPlan p = plan(s);
    if (stage == 0) return p.tasks();
    return p.partials == 1 ? 0 : p.groups() * p.c_tiles * p.o_tiles;
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
    const bool own = p.partials == 1;
    Run runner(args, p, static_cast<std::byte*>(workspace) + own_bytes(p));
    for (std::int64_t t = first; t < last; ++t) {
      float* sums = sums_of(p, own ? workspace : args.shared, own ? 0 : t);
      runner.task(t, sums);
      if (own) write_range(args, p, t, sums, sums_of(p, workspace, 1));
    }
    E::end();
  }

  static constexpr ConvWeightKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = split ? kernel_split_products : kernel_bf16_products,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = no_bytes,
            .pack_tasks = nullptr,
            .pack = nullptr,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run};
  }

 private:
  static float* sums_of(const TilesWeightPlan& p, void* shared, std::int64_t task) noexcept {
    return static_cast<float*>(shared) + task * (p.sums_bytes() / 4);
  }

  // Of a task that writes its own sums: these and a tile's rows.
  [[nodiscard]] static std::int64_t own_bytes(const TilesWeightPlan& p) noexcept {
    return p.partials == 1 ? p.sums_bytes() + row_bytes(p) : 0;
  }

  // A channel tile of x and one of dy of a group.
  struct Tile {
    std::int64_t group, c, o;
  };

  // All of a task that no other adds to.
  static void write_range(const ConvWeightArgs& args, const TilesWeightPlan& p, std::int64_t task,
                          const float* sums, float* rows) noexcept {
    const std::int64_t o_range = task % p.o_ranges, c_range = task / p.o_ranges % p.c_ranges;
    const std::int64_t o_first = part_first(p.o_tiles, p.o_ranges, o_range),
                       c_first = part_first(p.c_tiles, p.c_ranges, c_range);
    for (std::int64_t o = o_first; o < part_first(p.o_tiles, p.o_ranges, o_range + 1); ++o)
      for (std::int64_t c = c_first; c < part_first(p.c_tiles, p.c_ranges, c_range + 1); ++c)
        write_tile(args, p, {task / p.o_ranges / p.c_ranges, c, o},
                   sums + p.sum_at(o - o_first, (c - c_first) * p.taps), rows);
  }

  // Stage 1, one task.
  static void combine(const ConvWeightArgs& args, const TilesWeightPlan& p, std::int64_t index,
                      float* rows) noexcept {
    const Tile tile{index / p.c_tiles / p.o_tiles, index % p.c_tiles,
                    index / p.c_tiles % p.o_tiles};
    const Range c = range_of(p.c_tiles, p.c_ranges, tile.c),
                o = range_of(p.o_tiles, p.o_ranges, tile.o);
    const std::int64_t task = (tile.group * p.c_ranges + c.index) * p.o_ranges + o.index;
    write_tile(args, p, tile,
               sums_of(p, args.shared, task * p.partials) + p.sum_at(o.at, c.at * p.taps), rows);
  }

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

  // The sums, tile after tile, become [row][kernel point][channel], of which each row is turned to
  // [channel][kernel point].
  static void write_tile(const ConvWeightArgs& args, const TilesWeightPlan& p, const Tile& tile,
                         const float* from, float* rows) noexcept {
    const std::int64_t part_floats = p.sums_bytes() / 4, pitch = row_floats(p);
    for (std::int64_t t = 0; t < p.taps; ++t, from += 2 * (tile_bytes / 4))
      for (std::int64_t row = 0; row < tile_channels; ++row) {
        const float* x = from + row * tile_channels;
        auto sum = E::load(x);
        for (std::int64_t part = 1; part < p.partials; ++part)
          sum = E::add(sum, E::load(x + part * part_floats));
        E::store(rows + row * pitch + t * tile_channels, sum);
      }
    const std::int64_t c = tile.c * tile_channels, o = tile.o * tile_channels;
    const auto channels = static_cast<int>(at_most(tile_channels, p.c - c));
    float* to = args.dw + ((tile.group * p.oc + o) * p.c + c) * p.taps;
    const std::int64_t last = at_most(tile_channels, p.oc - o);
    for (std::int64_t row = 0; row < last; ++row, to += p.c * p.taps, rows += pitch)
      write_row(p.taps, channels, rows, to);
  }

  [[nodiscard]] static std::int64_t row_bytes(const TilesWeightPlan& p) noexcept {
    return 4 * tile_channels * row_floats(p);
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

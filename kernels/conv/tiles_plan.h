// How a forward or data pass is cut for tiles. By the shape alone.
//
// A window of the source is staged as bf16 (split: hi and lo) in planes of 32 channels, with the
// zeros around the image: [channel block][hi, lo][sub-image][d][h][w][32 channels]. Rows of 64 bytes
// follow each other, so a tile of 16 pixels is 1 KiB in a run and no two of its rows meet in a set of
// a cache. Where the pass skips source pixels (stride of forward), a sub-image holds those of one
// remainder on each axis, so that neighbours in the target are neighbours in the staged image too.
//
// An axis of a window is that of the target in the positions j of AxisPhase.
#pragma once

#include "kernels/conv/direct_plan.h"
#include "kernels/tiles/block.h"

namespace burin::kernels {
namespace {

// One axis of the staged source: position j of target and tap v is sub-image v % step at j + v /
// step, where v = offset - origin counts from zero.
struct TilesAxis {
  int step, origin, subs, extra;  // extra: positions beyond the target's
};

[[nodiscard]] inline TilesAxis tiles_axis(const DirectAxis& a) noexcept {
  TilesAxis t{a.forward ? a.stride : 1, 0, 1, 0};
  bool any = false;
  for (int pass = 0; pass < 2; ++pass)
    for (int r = 0; r < a.phases(); ++r) {
      const AxisPhase p = a.phase(r);
      for (int k = 0; k < p.taps; ++k) {
        const int offset = p.offset + k * p.offset_step;
        if (pass == 0) {
          t.origin = any && t.origin < offset ? t.origin : offset;
          any = true;
        } else {
          const int v = offset - t.origin;
          t.subs = v % t.step >= t.subs ? v % t.step + 1 : t.subs;
          t.extra = v / t.step > t.extra ? v / t.step : t.extra;
        }
      }
    }
  return t;
}

// Null when the taps can be listed and the pixels counted, else the reason.
[[nodiscard]] inline const char* tiles_refuse_counts(const ConvShape& s) noexcept {
  if (s.taps() > direct_max_taps) return "more than 512 kernel points";
  constexpr std::int64_t pixels = 1 << 30;
  return s.in_pixels() >= pixels || s.out_pixels() >= pixels ? "more than 2^30 pixels" : nullptr;
}
// Null when the least that is staged at once, of `bytes`, may be so much.
[[nodiscard]] constexpr const char* tiles_refuse_staged(std::int64_t bytes) noexcept {
  return bytes <= std::int64_t{64} << 20 ? nullptr : "a row of the image does not fit in the cache";
}

struct TilesPlan {
  // Of a staged window, in L2. Products in bf16 go through the weights three times as fast: they
  // need a larger part of it.
  static constexpr std::int64_t window_bytes_split = 1000 * 1024, window_bytes_bf16 = 700 * 1024;
  static constexpr std::int64_t window_pixels = 4096;
  static constexpr std::int64_t shared_bytes_most = std::int64_t{24} << 20;
  // Pixels of a task; of several small images.
  static constexpr std::int64_t min_task_pixels = 512, min_merged_pixels = 128;
  static constexpr std::int64_t min_tasks = 16;
  static constexpr std::int64_t ring_pixels = 512;
  static constexpr int max_taps = direct_max_taps;

  ConvShape shape;  // as flattened() makes it
  bool forward;
  int a_planes, w_planes;
  int depth, columns;  // source and target channels of a group
  int c_blocks, o_blocks;
  DirectAxis axis[3];
  TilesAxis staged[3];
  int outer;         // the axis that windows move along: d, or h where there is no other d
  int positions[3];  // of the target, the longest phase
  std::int64_t window_bytes;
  int length;          // positions of a window on the outer axis
  int rows;            // of a window on axis h, where that is not the outer one
  bool ring;           // of one position on axis d: its staged lines take turns, none is moved
  bool whole;          // the whole image is staged in shared memory, by tasks of their own
  int slices;          // of target channels
  int parts;           // of the outer axis
  std::int64_t bands;  // of axis h where that is not the outer one

  TilesPlan(const ConvShape& s, bool is_forward, bool split) noexcept
      : shape(flattened(s)), forward(is_forward) {
    const int c = s.in_channels / s.groups, oc = s.out_channels / s.groups;
    a_planes = split && s.source_type == Element::f32 ? 2 : 1;
    w_planes = split ? 2 : 1;
    window_bytes = split ? window_bytes_split : window_bytes_bf16;
    depth = forward ? c : oc;
    columns = forward ? oc : c;
    c_blocks = static_cast<int>(ceil_div(depth, tile_depth));
    o_blocks = static_cast<int>(ceil_div(columns, 2 * tile_channels));
    for (int i = 0; i < 3; ++i) {
      axis[i] = direct_axis(shape, i, forward);
      staged[i] = tiles_axis(axis[i]);
      positions[i] = static_cast<int>(ceil_div(axis[i].target, axis[i].phases()));
    }
    outer = axis[0].target > 1 || axis[0].source > 1 || axis[0].kernel > 1 ? 0 : 1;
    cut(s.in[0] == 1 && shape.in[0] > 1 ? min_merged_pixels : min_task_pixels);
  }

  // A 1x1 convolution sees no neighbours: all images are rows of one. Small images are planes of
  // one, so that a window holds several and the weights go by once for all of them.
  [[nodiscard]] static ConvShape flattened(const ConvShape& s) noexcept {
    ConvShape f = s;
    const std::int64_t rows = s.batch * s.in[0] * s.in[1];
    if (s.sees_one(0) && s.sees_one(1) && s.sees_one(2) && rows < (1 << 30)) {
      f.batch = 1;
      f.in = {1, static_cast<int>(rows), s.in[2]};
    } else if (s.sees_one(0) && s.in[0] == 1 && s.batch < (1 << 20) &&
               s.in_pixels() <= min_task_pixels && s.out_pixels() <= min_task_pixels) {
      f.batch = 1;
      f.in[0] = static_cast<int>(s.batch);
    }
    return f;
  }

  // Positions of sub-images on an axis when `count` positions of the target are staged.
  [[nodiscard]] int staged_size(int i, int count) const noexcept { return count + staged[i].extra; }
  [[nodiscard]] int subs() const noexcept {
    return staged[0].subs * staged[1].subs * staged[2].subs;
  }
  // Bytes of a plane of 32 channels, with room for the end of a tile behind the last pixel; odd
  // lines, so that planes do not share the sets of a cache.
  [[nodiscard]] std::int64_t plane_bytes(int d, int h) const noexcept {
    const std::int64_t pixels =
        std::int64_t{subs()} * staged_size(0, d) * staged_size(1, h) * staged_size(2, positions[2]);
    return ((pixels + tile_pixels) | 1) * 64;
  }
  [[nodiscard]] std::int64_t staged_bytes(int d, int h) const noexcept {
    return plane_bytes(d, h) * a_planes * c_blocks;
  }
  // Of the staged memory that a task sees: a window, or the image.
  [[nodiscard]] int memory_d() const noexcept {
    return whole || outer != 0 ? positions[0] : length;
  }
  [[nodiscard]] int memory_h() const noexcept {
    return whole ? positions[1] : (outer == 0 ? rows : length);
  }

  // Tiles of a window's target, where each row has a cut one, and some beyond.
  [[nodiscard]] std::int64_t most_tiles() const noexcept {
    return std::int64_t{length} * (outer == 0 ? rows : 1) * ceil_div(positions[2], tile_pixels) + 4;
  }
  // Pixels in tiles for each one that is wanted, about.
  [[nodiscard]] double waste() const noexcept {
    const double width = positions[2], height = positions[1];
    const double rows = static_cast<double>(ceil_div(positions[2], tile_pixels)) * height;
    const double run = (staged_size(2, positions[2]) * (height - 1) + width) / tile_pixels + 0.5;
    return (rows < run ? rows : run) * tile_pixels / (width * height);
  }
  [[nodiscard]] std::int64_t images() const noexcept { return shape.batch * shape.groups; }
  [[nodiscard]] std::int64_t tasks(int stage) const noexcept {
    if (stage == 0) return whole ? images() * staged_size(outer, positions[outer]) : 0;
    return images() * slices * parts * bands;
  }

  // Packed weights: [group][phase][block of target channels][tap][source channel block] tiles, the
  // taps of a phase inside a source channel block.
  [[nodiscard]] int block_tiles(int o_block) const noexcept {
    return columns - o_block * 2 * tile_channels > tile_channels ? 2 : 1;
  }
  [[nodiscard]] std::int64_t column_tiles() const noexcept {
    return ceil_div(columns, tile_channels);
  }
  [[nodiscard]] std::int64_t group_bytes() const noexcept {
    return column_tiles() * tile_bytes * w_planes * c_blocks * shape.taps();
  }
  // Where a block begins, when `before` taps belong to the phases before and `taps` to this one.
  [[nodiscard]] std::int64_t packed_at(std::int64_t before, std::int64_t taps,
                                       int o_block) const noexcept {
    return (before * column_tiles() + taps * o_block * 2) * tile_bytes * w_planes * c_blocks;
  }

 private:
  void cut(std::int64_t least) noexcept {
    ring = false;
    slices = 1;
    rows = positions[1];
    length = 1;
    bands = 1;
    if (outer == 0) {
      const std::int64_t most = at_least(window_pixels / positions[2], 1);
      while (rows > 1 && (rows > most || staged_bytes(1, rows) > window_bytes))
        rows = static_cast<int>(ceil_div(positions[1], ++bands));
    }
    grow();
    const std::int64_t line = std::int64_t{outer == 0 ? rows : 1} * positions[2];
    const std::int64_t all = images() * bands;
    parts = static_cast<int>(
        at_least(1, at_most(ceil_div(min_tasks, all), positions[outer] / ceil_div(least, line))));
    const std::int64_t longest = ceil_div(positions[outer], parts);
    whole = all * parts < min_tasks / 2 && o_blocks > 1 &&
            shape.batch * staged_bytes(positions[0], positions[1]) <= shared_bytes_most;
    if (whole) {
      length = static_cast<int>(at_most(longest, at_least(1, window_pixels / line)));
      slices = static_cast<int>(at_most(o_blocks, ceil_div(min_tasks, all * parts)));
      return;
    }
    length = static_cast<int>(ceil_div(longest, ceil_div(longest, length)));  // even windows
    // A shorter window reads the weights more often: products of so many pixels hide that.
    const bool may_be_one = length == 1 || line >= ring_pixels;
    ring = outer == 0 && staged[0].extra > 0 && longest > length && may_be_one;
    if (ring) length = 1;
  }
  // Longest window that fits.
  void grow() noexcept {
    const std::int64_t line = std::int64_t{outer == 0 ? rows : 1} * positions[2];
    const auto bytes = [&](int n) {
      return outer == 0 ? staged_bytes(n, rows) : staged_bytes(positions[0], n);
    };
    // By halves: a dense layer has thousands of positions, and each piece of its work plans anew.
    auto most = static_cast<int>(at_least(1, at_most(positions[outer], window_pixels / line)));
    while (length < most) {
      const int middle = (length + most + 1) / 2;
      if (bytes(middle) <= window_bytes)
        length = middle;
      else
        most = middle - 1;
    }
  }
};

}  // namespace
}  // namespace burin::kernels

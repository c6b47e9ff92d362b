// How a direct pass is cut: target channels into blocks, blocks into sets whose weights stay in L2,
// source channels into chunks, pixels into bands. By the shape alone.
#pragma once

#include "kernels/conv/direct_axis.h"
#include "kernels/micro/parts.h"

namespace burin::kernels {
namespace {

constexpr int direct_max_taps = 512;

// lanes and nr are those of the tile that the pass uses, `number` the bytes of a packed weight.
struct DirectPlan {
  static constexpr std::int64_t set_bytes = 1100 * 1024;  // weights of a set and chunk, in L2
  static constexpr std::int64_t min_band_pixels = 2048;   // that a set of weights is loaded for
  static constexpr std::int64_t max_band_pixels = 4096;
  static constexpr std::int64_t min_tasks = 8, min_task_macs = 1 << 18;

  ConvShape shape;  // 1x1 convolutions have become one row of pixels
  bool forward;
  int lanes, nr, number;
  int depth, columns;  // source and target channels of a group
  int taps;
  DirectAxis axis[3];
  std::int64_t blocks, padded_columns;
  std::int64_t chunks, sets;
  std::int64_t rows, bands,
      segments;  // target rows (d,h) of all phases together, pieces of them, and of a row

  DirectPlan(const ConvShape& s, bool is_forward, int lanes_, int nr_, int number_) noexcept
      : shape(flattened(s)), forward(is_forward), lanes(lanes_), nr(nr_), number(number_) {
    const int c = s.in_channels / s.groups, oc = s.out_channels / s.groups;
    depth = forward ? c : oc;
    columns = forward ? oc : c;
    taps = static_cast<int>(s.taps());
    for (int i = 0; i < 3; ++i) axis[i] = direct_axis(shape, i, forward);
    blocks = ceil_div(columns, nr);
    padded_columns = ceil_div(columns, lanes) * lanes;
    cut_channels();
    cut_pixels();
    share_channels();
  }

  // A 1x1 convolution sees no neighbours: all images are one row.
  [[nodiscard]] static ConvShape flattened(const ConvShape& s) noexcept {
    ConvShape f = s;
    const std::int64_t pixels = s.batch * s.in_pixels();
    if (!s.sees_one(0) || !s.sees_one(1) || !s.sees_one(2) || pixels >= (1 << 30)) return f;
    f.batch = 1;
    f.in = {1, 1, static_cast<int>(pixels)};
    return f;
  }

  // Largest number of taps of a phase.
  [[nodiscard]] std::int64_t phase_taps() const noexcept {
    std::int64_t product = 1;
    for (const DirectAxis& a : axis) {
      int most = 0;
      for (int r = 0; r < a.phases(); ++r) {
        const int t = a.phase(r).taps;
        most = t > most ? t : most;
      }
      product *= most;
    }
    return product;
  }
  // Longest count of a phase: positions of the axis that the loops walk.
  [[nodiscard]] static std::int64_t positions(const DirectAxis& a) noexcept {
    return ceil_div(a.target, a.forward ? 1 : a.stride);
  }

  // Products of a target and a tap inside of the image, along an axis.
  [[nodiscard]] static double products(const DirectAxis& a) noexcept {
    double sum = 0;
    for (int r = 0; r < a.phases(); ++r) {
      const AxisPhase p = a.phase(r);
      for (int k = 0; k < p.taps; ++k) sum += p.first_from(k, a.source) - p.first_from(k, 0);
    }
    return sum;
  }
  // The same of tiles of at most mr targets, which multiply by the taps that one of them meets. A
  // tile of h rows and 2 registers takes about h + 1 steps for h multiply-adds.
  [[nodiscard]] static double tile_products(const DirectAxis& a, int mr) noexcept {
    double sum = 0;
    for (int r = 0; r < a.phases(); ++r) {
      const AxisPhase p = a.phase(r);
      for (int j = 0, end = 0; j < p.count; j = end) {
        end = p.run_end(j, a.source);
        sum += static_cast<double>(end - j + ceil_div(end - j, mr)) *
               p.met(j, end - j, a.source).count;
      }
    }
    return sum;
  }

  // Chunks are multiples of 16 channels but for the last.
  [[nodiscard]] std::int64_t chunk_first(std::int64_t q) const noexcept {
    return at_most(depth, 16 * part_first(ceil_div(depth, 16), chunks, q));
  }
  [[nodiscard]] std::int64_t longest_chunk() const noexcept {
    return at_most(depth, 16 * ceil_div(ceil_div(depth, 16), chunks));
  }
  // Numbers from one pixel of a copy of the source to the next: a line more where the channels are
  // a multiple of 1 KiB, so that pixels do not share the sets of L1.
  [[nodiscard]] static std::int64_t staged_pixel(std::int64_t channels, int number) noexcept {
    return channels * number % 1024 == 0 ? channels + 64 / number : channels;
  }
  // At least that of every chunk.
  [[nodiscard]] std::int64_t longest_staged_pixel() const noexcept {
    return longest_chunk() + 64 / number;
  }
  // Packed columns before block b, and of it.
  [[nodiscard]] int block_columns(std::int64_t b) const noexcept {
    return static_cast<int>(at_most(nr, columns - b * nr));
  }
  [[nodiscard]] int block_width(std::int64_t b) const noexcept {
    return block_columns(b) > lanes ? nr : lanes;
  }

  // Numbers of a group's packed weights: [chunk][phase][block][tap][channel][column]
  [[nodiscard]] std::int64_t group_numbers() const noexcept {
    return std::int64_t{taps} * depth * padded_columns;
  }
  // Where block b of a phase begins, when `before` taps belong to the phases before it.
  [[nodiscard]] std::int64_t packed_at(std::int64_t q, std::int64_t before, std::int64_t of_phase,
                                       std::int64_t b) const noexcept {
    const std::int64_t first = chunk_first(q), channels = chunk_first(q + 1) - first;
    return taps * padded_columns * first + channels * (before * padded_columns + of_phase * b * nr);
  }

  [[nodiscard]] std::int64_t tasks() const noexcept {
    return shape.groups * sets * shape.batch * bands * segments;
  }

 private:
  void cut_channels() noexcept {
    // bytes of a channel of a block
    const std::int64_t wide = at_least(phase_taps(), 1) * nr * number;
    // What waits for the next chunk in a target of bf16 would be rounded.
    const bool whole = shape.target_type == Element::bf16;
    const std::int64_t together = whole ? 1 : at_most(blocks, 4);
    chunks =
        at_most(depth, at_least(1, ceil_div(depth * wide * together, set_bytes + set_bytes / 8)));
    if (whole) chunks = 1;
    const std::int64_t in_l2 = at_least(1, set_bytes / (longest_chunk() * wide));
    sets = ceil_div(blocks, at_least(in_l2, together));
  }
  void cut_pixels() noexcept {
    const std::int64_t width = positions(axis[2]);
    rows = positions(axis[0]) * positions(axis[1]);
    // Weights that fit in L2 all together stay there from task to task; others are loaded anew for
    // each.
    const std::int64_t pixels = shape.batch * rows * width, channel_tasks = shape.groups * sets;
    const std::int64_t least = chunks * sets == 1 ? 256 : min_band_pixels;
    const std::int64_t wanted = at_most(at_least(least, at_most(pixels / 32, max_band_pixels)),
                                        at_least(128, pixels * channel_tasks / min_tasks));
    // Where taps meet a border, the order of a sum depends on the tile: rows are cut alike then,
    // however many there are.
    segments = ceil_div(width, rows == 1 && taps == 1 ? at_most(wanted, 1024) : 1024);
    bands = ceil_div(rows, at_least(1, wanted / ceil_div(width, segments)));
  }
  // Few pixels: tasks share the target channels.
  void share_channels() noexcept {
    const std::int64_t worth = at_most(min_tasks, shape.macs() / min_task_macs);
    if (tasks() < worth) sets = at_most(blocks, ceil_div(worth, tasks() / sets));
  }
};

}  // namespace
}  // namespace burin::kernels

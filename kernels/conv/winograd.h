// Winograd convolution, forward and data gradient, fused.
//
// A task takes a block of tiles and a chunk of target channels through all three steps in its own
// workspace, so that no transformed image ever goes through memory:
//
//   V[e][tile][c]    = Bt d B              e: one of points x points products of a tile
//   M[e][tile][oc]   = V[e] * U[e]
//   y                = act(At M A + bias + residual)
//
// In three dimensions it does so for one point of the depth after another, and adds what each gives
// to the slices of y (winograd_depth.h, winograd_output.h).
//
// M holds one panel of target channels at a time, or two (group), which stay in L2; V of many
// channels streams from L2 or L3 beside it. Weights are packed as U, [depth point][group][e][panel]
// [c][panel width]. U of large weights would stream from memory, with up to 8 times the numbers of
// the kernel: in f32 these are packed as taps, [depth point][panel][c][tap][panel width], of which
// U is made in L2 when its products are due (winograd_multiply.h). That costs some percent of the
// speed, but where few tiles read U, and saves most of their memory, and of the time to load.
//
// V lies as rows of a register tile: [e][run of tiles][c block][tile of the run][line], so that
// the micro-kernel walks through one run of memory. Where products are of pairs in bf16, V and U
// are bf16, a line of V has twice as many channels, and U is [c / 2][panel width][2]. With phases,
// c and oc count through the channels of one after another. Whatever activations are stored as,
// transforms and sums are f32.
#pragma once

#include "kernels/conv/winograd_multiply.h"
#include "kernels/conv/winograd_output.h"
#include "kernels/conv/winograd_plan.h"
#include "kernels/conv/winograd_rows.h"
#include "kernels/conv/winograd_transform.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

// D, F: forms along the depth and in the plane.
template <class V, class D, class F>
struct Winograd {
  using Output = WinogradOutput<V, D, F>;
  using Multiply = WinogradMultiply<V, F>;
  using Block = WinogradTiles::Block;
  using number = typename V::number;
  static constexpr int lanes = V::lanes;
  static constexpr int line = Multiply::line, nr = Multiply::nr, points = Multiply::points;
  template <class Source>
  using Rows = WinogradRows<V, Source, F::points, F::m, F::points, winograd_input<D>.widest()>;

  struct Plan {
    WinogradPass pass;
    WinogradTiles tiles;
    int depth;                        // source channels, rounded up to lines, of all phases
    int width;                        // target channels, rounded up to lanes, of all phases
    int chunk, chunks;                // target channels of a task
    int group;                        // target channels that M holds, a part of a chunk
    bool as_taps;                     // weights are packed as taps
    std::int64_t v_stride, m_stride;  // numbers from one e to the next
  };

  static Plan plan(const WinogradPass& pass) noexcept {
    Plan p{};
    p.pass = pass;
    p.depth = round_up(pass.depth, line) * pass.source_phases();
    p.width = round_up(pass.phase_columns(lanes) * pass.target_phases(), lanes);
    // U of 64 MiB leaves L3. In three dimensions U has 5 to 8 times the numbers of the kernel, and
    // images with many channels have few tiles to read it for. Few tiles multiply faster than
    // memory gives U.
    constexpr std::int64_t few_tiles = 28;
    const bool few = tiles_of<D, F>(pass, 1).count <= few_tiles;
    const std::size_t large = std::size_t{few ? 4u : (D::points > 1 ? 16u : 64u)} << 20;
    p.as_taps = V::pair == 1 && u_bytes(p) > large;
    // V and M together about 1 MiB up to 128 channels: 28 tiles x 36 x (64 + 64) floats, 42 x 36 x
    // (128 + 32). Where U comes from L3, from 385 channels on, in three dimensions from 193, it
    // serves more tiles.
    const bool many = p.depth > (D::points > 1 ? 192 : 384);
    const int few_channels = D::points > 1 ? 32 : 28;
    p.tiles = tiles_of<D, F>(pass, p.depth <= 96 ? few_channels : (many && !p.as_taps ? 64 : 42));
    // Few blocks: tasks share one and each transforms its input again.
    const std::int64_t parts = ceil_div(4, p.tiles.blocks);
    // Of many channels each task has much to do: more tasks for many cores.
    const std::int64_t widest = p.depth > 384 ? 512 : p.width;
    p.chunk = round_up(at_most(ceil_div(p.width, parts), widest), nr);
    p.chunks = static_cast<int>(ceil_div(p.width, p.chunk));
    // One task would leave a thread idle; of fewer tiles, half a block would read U for too little.
    if (tasks(p) == 1 && p.tiles.count >= 8) p.tiles.blocks = 2;
    p.group = static_cast<int>(at_most(p.chunk, p.depth <= 96 ? 2 * nr : nr));
    p.v_stride = odd_lines<number>(std::int64_t{p.tiles.block_tiles()} * p.depth);
    p.m_stride = odd_lines<float>(std::int64_t{p.tiles.block_tiles()} * p.group);
    return p;
  }

  static std::size_t u_bytes(const Plan& p) noexcept {
    return sizeof(number) * D::points * points * static_cast<std::size_t>(p.depth) *
           static_cast<std::size_t>(p.width);
  }
  static std::size_t packed_bytes(const Plan& p) noexcept {
    return p.as_taps ? u_bytes(p) / points * Multiply::plane_taps : u_bytes(p);
  }
  static std::int64_t v_floats(const Plan& p) noexcept { return points * p.v_stride / V::pair; }
  // M takes turns with what V is made of.
  static std::int64_t m_floats(const Plan& p) noexcept {
    return at_least(points * p.m_stride, Rows<float>::staged_floats);
  }
  static std::int64_t u_floats(const Plan& p) noexcept {
    return p.as_taps ? points * Multiply::u_stride : 0;
  }
  static std::size_t workspace_bytes(const Plan& p) noexcept {
    return sizeof(float) *
           static_cast<std::size_t>(v_floats(p) + m_floats(p) + u_floats(p) +
                                    Output::sum_floats(p.tiles.block_tiles(), p.chunk));
  }
  static std::int64_t tasks(const Plan& p) noexcept { return p.tiles.blocks * p.chunks; }

  // Of so many equal tasks, what two threads take over half of all: 2 where one is idle.
  static constexpr double two_thread_share(std::int64_t tasks) noexcept {
    return static_cast<double>((tasks + 1) / 2 * 2) / static_cast<double>(tasks);
  }

  // In multiply-adds at full speed of 512 bits, measured with 2 threads. A run of h tiles takes
  // h + 1 steps; forms of 3 and 4 points reach full speed then, those of 6, with larger V and U,
  // 0.89 of it. A number of V or M costs 15, 18 in three dimensions, 12 where activations are in bf16. A
  // number of U that is made of taps costs 2, and 3 for each block of tiles, in the smaller forms
  // half of that. Weights take twice as long to come where fewer than 8 tiles hide none of it.
  static double cost(const Plan& p) noexcept {
    constexpr bool small = F::points <= 4;
    constexpr double product = small ? 1.0 : 1.12;
    constexpr double number_cost = V::bf16_activations ? 12.0 : (D::points > 1 ? 18.0 : 15.0);
    const double blocks = static_cast<double>(p.tiles.blocks);
    const double tiles = static_cast<double>(p.tiles.count);
    const double runs = blocks * TileRuns<V>(p.tiles.block_tiles()).count;
    const double all = D::points * points;
    const double u = all * p.depth * p.width;
    const double products = (tiles + runs) * u * product * product_cost<V>();
    const double transforms = tiles * all * number_cost * (1.0 * p.depth * p.chunks + p.width);
    const double made = p.as_taps ? (2.0 + 3.0 * blocks) * (small ? 0.5 : 1.0) * u : 0.0;
    const double read = static_cast<double>(packed_bytes(p)) * (p.tiles.count < 8 ? 2.0 : 1.0);
    return two_thread_share(tasks(p)) * ((products + transforms) * 16 / lanes + made) +
           weight_byte_cost * read;
  }

  // V for a point of the depth.
  template <class Source>
  static void transform(const Plan& p, const ConvArgs& args, const Block& block, int point,
                        number* v, float* staged) noexcept {
    const WinogradPass& s = p.pass;
    const WinogradImage<Source> image{static_cast<const Source*>(args.source),
                                      args.source_pixel,
                                      s.depth,
                                      s.source,
                                      s.before,
                                      D::m,
                                      s.source_step,
                                      s.source_slice_step};
    const auto map = [](const auto& d, auto& t) noexcept { F::template input<V>(d, t); };
    const TileRuns<V> runs(block.tiles);
    const int phase_depth = p.depth / s.source_phases();
    for (int r = 0; r < runs.count; ++r) {
      const int height = runs.height(r);
      number* const run = v + std::int64_t{runs.first(r)} * p.depth;
      const auto piece = [&](const WinogradTiles::Place& at, int tile, int tiles) noexcept {
        for (int phase = 0; phase < s.source_phases(); ++phase) {
          const auto place = [&](int channel) noexcept {
            const int c = phase * phase_depth + channel;
            return WinogradPlace<number>{
                run + std::int64_t{c - c % line} * height + tile * line + c % line, p.v_stride,
                line};
          };
          Rows<Source>(image, at, tiles, phase + at.grid, winograd_input<D>.at[point])
              .map(0, phase_depth, map, place, staged);
        }
      };
      p.tiles.each_row({block.first + runs.first(r), height}, height, piece);
    }
  }

  // One point of the depth for target channels [begin, end) of a block.
  static void run_point(const Plan& p, const ConvArgs& args, const Block& block, int begin, int end,
                        int step, float* workspace) noexcept {
    auto* const v = reinterpret_cast<number*>(workspace);
    float* const m = workspace + v_floats(p);
    float* const u = m + m_floats(p);
    float* const sums = u + u_floats(p);
    const int point = winograd_point<D>(step);
    const auto output = Output::run_of(args);
    const std::int64_t of_target =  // packed numbers of a target channel
        std::int64_t{p.as_taps ? Multiply::plane_taps : points} * p.depth;
    const number* const packed =
        static_cast<const number*>(args.packed) + point * of_target * p.width;
    of_type<V>(args.shape.source_type,
               [&](auto source) { transform<decltype(source)>(p, args, block, point, v, m); });
    for (int from = begin; from < end; from += p.group) {
      const int width = end - from < p.group ? end - from : p.group;
      const number* const weights = packed + of_target * from;
      const typename Multiply::Block all{block.tiles, p.depth, v, m, p.v_stride, p.m_stride};
      if constexpr (V::pair == 1)
        if (p.as_taps) Multiply::by_taps(all, weights, width, u);
      if (!p.as_taps) Multiply::by_u(all, weights, width);
      output(p.pass, p.tiles, args,
             {m, p.m_stride, block, from, width,
              sums + Output::sum_floats(block.tiles, from - begin), step});
    }
  }

  // Task = block of tiles x chunk of target channels.
  static void run(const Plan& p, const ConvArgs& args, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    for (std::int64_t task = first; task < last; ++task) {
      const Block block = p.tiles.block(task / p.chunks);
      const int begin = static_cast<int>(task % p.chunks) * p.chunk;
      const int end = p.width - begin < p.chunk ? p.width : begin + p.chunk;
      for (int step = 0; step < D::points; ++step)
        run_point(p, args, block, begin, end, step, static_cast<float*>(workspace));
    }
  }
};

}  // namespace
}  // namespace burin::kernels

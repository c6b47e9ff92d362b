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
// What stays in L2 decides the speed. With few source channels V holds all points of a plane and M
// one panel of target channels at a time (group); with many, V holds one row of points (slice) and
// M the whole chunk.
//
// V lies as rows of a register tile: [e][run of tiles][c block][tile of the run][line], so that
// the micro-kernel walks through one run of memory. U is packed [depth point][group][e][panel][c]
// [panel width]; where products are of pairs in bf16, V and U are bf16, a line of V has twice as
// many channels, and U is [c / 2][panel width][2]. With phases, c and oc count through the channels
// of one after another. Whatever activations are stored as, transforms and sums are f32.
#pragma once

#include "kernels/conv/winograd_output.h"
#include "kernels/conv/winograd_plan.h"
#include "kernels/conv/winograd_product.h"
#include "kernels/conv/winograd_transform.h"
#include "kernels/conv/winograd_window.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

// D, F: forms along the depth and in the plane.
template <class V, class D, class F>
struct Winograd {
  using Output = WinogradOutput<V, D, F>;
  using Block = WinogradTiles::Block;
  using number = typename V::number;
  static constexpr int lanes = V::lanes;
  static constexpr int line = lanes * V::pair;  // channels of V in a lane each, or two
  static constexpr int nr = Output::nr;
  static constexpr int points = F::points * F::points;  // of a plane
  static constexpr int slices = winograd_input<D>.widest();

  struct Plan {
    WinogradPass pass;
    WinogradTiles tiles;
    int depth;          // source channels, rounded up to lines, of all phases
    int slice;          // rows of points that V holds: 1 or all
    int width;          // target channels, rounded up to lanes, of all phases
    int chunk, chunks;  // target channels of a task
    int group;          // target channels that M holds, a part of a chunk; all of it if V is sliced
    std::int64_t v_stride, m_stride;  // numbers from one e to the next
  };

  static Plan plan(const WinogradPass& pass) noexcept {
    Plan p{};
    p.pass = pass;
    p.depth = round_up(pass.depth, line) * pass.source_phases();
    p.width = round_up(pass.width, lanes) * pass.target_phases();
    // V and M together about 1 MiB: 28 tiles x 36 x (64 + 64) floats, 42 x 36 x (128 + 32),
    // 42 x 36 x (256 + 32), and for one of six rows 64 x 6 x 512 beside M, which streams.
    const bool many = p.depth > 384;
    // In three dimensions U comes from L3 from 192 channels on.
    const bool large = many || (D::points > 1 && p.depth > 192);
    p.tiles = tiles_of<D, F>(pass, p.depth <= 96 ? 28 : (large ? 64 : 42));
    p.slice = many ? 1 : F::points;
    // Few blocks: tasks share one and each transforms its input again.
    const std::int64_t parts = ceil_div(4, p.tiles.blocks);
    const std::int64_t widest = many ? 512 : at_least(512, p.width);
    p.chunk = round_up(at_most(ceil_div(p.width, parts), widest), nr);
    p.chunks = static_cast<int>(ceil_div(p.width, p.chunk));
    p.group = many ? p.chunk : static_cast<int>(at_most(p.chunk, p.depth <= 96 ? 2 * nr : nr));
    p.v_stride = odd_lines<number>(std::int64_t{p.tiles.block_tiles()} * p.depth);
    p.m_stride = odd_lines<float>(std::int64_t{p.tiles.block_tiles()} * p.group);
    return p;
  }

  static std::size_t packed_bytes(const Plan& p) noexcept {
    return sizeof(number) * D::points * points * static_cast<std::size_t>(p.depth) *
           static_cast<std::size_t>(p.width);
  }
  static std::int64_t v_floats(const Plan& p) noexcept {
    return F::points * p.slice * p.v_stride / V::pair;
  }
  static std::int64_t m_floats(const Plan& p) noexcept { return points * p.m_stride; }
  static std::size_t workspace_bytes(const Plan& p) noexcept {
    return sizeof(float) *
           static_cast<std::size_t>(v_floats(p) + m_floats(p) +
                                    Output::sum_floats(p.tiles.block_tiles(), p.chunk));
  }
  static std::int64_t tasks(const Plan& p) noexcept { return p.tiles.blocks * p.chunks; }

  // In multiply-adds at full speed of 512 bits. Measured with 2 threads: products run at 0.87 of
  // it; a number of V or M costs 20, with activations in bf16 15, with V as well 12, or 20 in three
  // dimensions; a number of U, packed and read once, 30.
  static double cost(const Plan& p) noexcept {
    const double tiles = static_cast<double>(p.tiles.count);
    const double all = D::points * points;
    const double products = tiles * all * p.depth * p.width;
    const double number_cost =
        V::pair == 2 ? (D::points > 1 ? 20.0 : 12.0) : (V::bf16_activations ? 15.0 : 20.0);
    const double transforms = tiles * all * number_cost * (1.0 * p.depth * p.chunks + p.width);
    const double weights = 30.0 * all * p.depth * p.width;
    return (products * 1.15 * product_cost<V>() + transforms) * 16 / lanes + weights;
  }

  // V of rows [row, row + rows) of the points of a plane, for one of the depth.
  template <class Source, int row, int rows>
  static void transform_rows(const Plan& p, const ConvArgs& args, const Block& block, int point,
                             number* v) noexcept {
    const WinogradPass& s = p.pass;
    const WinogradImage<Source> image{static_cast<const Source*>(args.source),
                                      args.source_pixel,
                                      s.source,
                                      s.before,
                                      {D::m, F::m, F::m},
                                      s.source_step};
    const auto map = [](const auto& d, auto& t) noexcept { F::template input<V>(d, t); };
    const TileRuns<V> runs(block.tiles);
    const int phase_depth = p.depth / s.source_phases();
    for (int phase = 0; phase < s.source_phases(); ++phase) {
      const auto window = [&](int tile) noexcept {
        const WinogradTiles::Place at = p.tiles.place(block.first + tile);
        return Window<Source, F::points, slices>(image, at, phase + at.grid,
                                                 winograd_input<D>.at[point]);
      };
      auto next = window(0);
      for (int r = 0; r < runs.count; ++r) {
        const int first = runs.first(r), height = runs.height(r);
        for (int i = 0; i < height; ++i) {
          auto w = next;
          next = window(first + i + 1);
          w.fetch(next);
          number* const to = v + std::int64_t{first} * p.depth +
                             std::int64_t{phase} * phase_depth * height + i * line;
          for (int c = 0; c < phase_depth; c += lanes) {
            const int left = s.depth - c, count = left < 0 ? 0 : (left < lanes ? left : lanes);
            number* const at = to + (c - c % line) * height + c % line;
            if (count == lanes && w.whole())
              map_window<V, F::points, row, rows, true>(w, c, count, at, p.v_stride, map);
            else
              map_window<V, F::points, row, rows, false>(w, c, count, at, p.v_stride, map);
          }
        }
      }
    }
  }

  using Transform = void (*)(const Plan&, const ConvArgs&, const Block&, int, number*) noexcept;
  template <class Source, int... row>
  static Transform slice_of(int wanted, std::integer_sequence<int, row...>) noexcept {
    static constexpr Transform table[] = {transform_rows<Source, row, 1>...};
    return table[wanted];
  }
  static void transform(const Plan& p, const ConvArgs& args, const Block& block, int point, int row,
                        number* v) noexcept {
    of_type<V>(args.shape.source_type, [&](auto source) {
      using Source = decltype(source);
      using Rows = std::make_integer_sequence<int, F::points>;
      const Transform f =
          p.slice == 1 ? slice_of<Source>(row, Rows()) : transform_rows<Source, 0, F::points>;
      f(p, args, block, point, v);
    });
  }

  // The products of `count` points for `width` target channels.
  static void multiply(const Plan& p, int tiles, const number* v, const number* u, float* m,
                       int count, int width) noexcept {
    const TileRuns<V> runs(tiles);
    constexpr int line_bytes = 64;
    const int panel_lines = line * nr * static_cast<int>(sizeof(number)) / line_bytes;
    const int lines = (panel_lines + runs.count - 1) / runs.count;
    for (int e = 0; e < count; ++e, v += p.v_stride, m += p.m_stride) {
      for (int n = 0; n < width; n += nr) {
        const int panel = width - n < nr ? lanes : nr;
        const number* next = u + std::int64_t{p.depth} * panel;
        for (int r = 0; r < runs.count; ++r) {
          const std::int64_t first = runs.first(r);
          const std::int64_t fetched = std::int64_t{r} * lines * (p.depth / line) * line_bytes;
          const WinogradProduct<V> product{v + first * p.depth,
                                           u,
                                           m + std::int64_t{n} * tiles + first * panel,
                                           p.depth,
                                           reinterpret_cast<const char*>(next) + fetched,
                                           lines};
          const int at = runs.height(r) - 1;
          if (panel == nr)
            winograd_products<V, 2>.of[at](product);
          else
            winograd_products<V, 1>.of[at](product);
        }
        u = next;
      }
    }
  }

  // One point of the depth for target channels [begin, end) of a block.
  static void run_point(const Plan& p, const ConvArgs& args, const Block& block, int begin, int end,
                        int step, float* workspace) noexcept {
    auto* const v = reinterpret_cast<number*>(workspace);
    float* m = workspace + v_floats(p);
    float* sums = m + m_floats(p);
    const int point = winograd_point<D>(step);
    const auto output = Output::run_of(args);
    const number* packed =
        static_cast<const number*>(args.packed) + std::int64_t{point} * points * p.depth * p.width;
    for (int row = 0; row < F::points; row += p.slice) {
      transform(p, args, block, point, row, v);
      const int e = row * F::points;
      for (int from = begin; from < end; from += p.group) {
        const int width = end - from < p.group ? end - from : p.group;
        const number* u = packed + std::int64_t{p.depth} * (points * from + e * width);
        multiply(p, block.tiles, v, u, m + e * p.m_stride, F::points * p.slice, width);
        if (row + p.slice < F::points) continue;
        output(p.pass, p.tiles, args,
               {m, p.m_stride, block, from, width,
                sums + Output::sum_floats(block.tiles, from - begin), step});
      }
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

// Winograd weight gradient: the transpose of the forward pass.
//
//   V[e][tile][c]   = Bt x B           W[e][tile][oc] = A dy At
//   dU[e][c][oc]    = sum over tiles   V[e][tile][c] * W[e][tile][oc]
//   dw[oc][c]       = Gt dU[oc][c] G
//
// A task sums one slab of dU (a group of c, a group of oc, all e of a plane at a point of the depth)
// that stays in L2, over one chunk of the tiles, a block at a time. With one chunk and one point it
// finishes dw itself; else slabs go to shared memory and the second stage adds them in the order of
// the chunks.
#pragma once

#include "kernels/conv/winograd_depth.h"
#include "kernels/conv/winograd_map.h"
#include "kernels/conv/winograd_plan.h"
#include "kernels/conv/winograd_product.h"
#include "kernels/conv/winograd_rows.h"

namespace burin::kernels {
namespace {

// D, F: forms along the depth and in the plane.
template <class V, class D, class F>
struct WinogradWeight {
  using reg = typename V::reg;
  using Block = WinogradTiles::Block;
  using SourceRows = WinogradRows<V, float, F::points, F::m, F::points, winograd_input<D>.widest()>;
  using TargetRows = WinogradRows<V, float, F::m, F::m, F::points, winograd_gradient<D>.widest()>;
  static constexpr int lanes = V::lanes;
  static constexpr int nv = 2;
  static constexpr int nr = nv * lanes;
  static constexpr int points = F::points * F::points;  // of a plane
  static constexpr int taps = D::taps * F::taps * F::taps;
  static constexpr std::int64_t staged_floats =
      at_least(SourceRows::staged_floats, TargetRows::staged_floats);

  struct Plan {
    WinogradPass pass;
    WinogradTiles tiles;
    int depth, width;       // c and oc rounded up to lanes
    int c_group, oc_group;  // of a slab
    int c_groups, oc_groups;
    std::int64_t chunks, chunk_blocks;          // a chunk is a run of blocks of tiles
    std::int64_t v_stride, w_stride, u_stride;  // floats from one e to the next
  };

  static Plan plan(const ConvShape& s) noexcept {
    Plan p{};
    p.pass = forward_pass(s);
    // Slab, V and W of 64 x 64 channels and 48 tiles: 1.5 MiB. Wider slabs save transforms, but
    // then sums go through L3: 128 x 128 was as fast at 512 channels and slower elsewhere.
    p.tiles = tiles_of<D, F>(p.pass, 48);
    p.depth = round_up(p.pass.depth, lanes);
    p.c_group = round_up(ceil_div(p.depth, ceil_div(p.depth, 64)), lanes);
    p.c_groups = static_cast<int>(ceil_div(p.depth, p.c_group));
    p.width = round_up(p.pass.width, lanes);
    p.oc_group = round_up(ceil_div(p.width, ceil_div(p.width, 64)), nr);
    p.oc_groups = static_cast<int>(ceil_div(p.width, p.oc_group));
    const std::int64_t wanted = ceil_div(16, slabs(p));
    p.chunk_blocks = ceil_div(p.tiles.blocks, at_most(p.tiles.blocks, wanted));
    p.chunks = ceil_div(p.tiles.blocks, p.chunk_blocks);
    p.v_stride = odd_lines<float>(std::int64_t{p.tiles.block_tiles()} * p.c_group);
    p.w_stride = odd_lines<float>(std::int64_t{p.tiles.block_tiles()} * p.oc_group);
    p.u_stride = odd_lines<float>(std::int64_t{p.c_group} * p.oc_group);
    return p;
  }

  static std::int64_t slab_floats(const Plan& p) noexcept { return points * p.u_stride; }
  // A slab of every point of the depth: [c group][oc group][point]
  static std::int64_t slabs(const Plan& p) noexcept {
    return std::int64_t{p.c_groups} * p.oc_groups * D::points;
  }
  static bool one_stage(const Plan& p) noexcept { return p.chunks == 1 && D::points == 1; }
  static std::size_t workspace_bytes(const Plan& p) noexcept {
    return sizeof(float) *
           static_cast<std::size_t>(points * (p.v_stride + p.w_stride) + staged_floats +
                                    (one_stage(p) ? slab_floats(p) : 0));
  }
  static std::size_t shared_bytes(const Plan& p) noexcept {
    if (one_stage(p)) return 0;
    return sizeof(float) * static_cast<std::size_t>(p.chunks * slabs(p) * slab_floats(p));
  }
  // Stage 0: chunk x slab. Stage 1: lanes x lanes channels of dw.
  static std::int64_t tasks(const Plan& p, int stage) noexcept {
    if (stage == 0) return p.chunks * slabs(p);
    return one_stage(p) ? 0 : std::int64_t{p.depth / lanes} * (p.width / lanes);
  }

  // ---- V and W ----------------------------------------------------------------------------------

  // V lies as [e][tile][c_group].
  static void transform_x(const Plan& p, const ConvWeightArgs& args, const Block& block, int point,
                          int from, float* v, float* staged) noexcept {
    const WinogradPass& s = p.pass;
    const WinogradImage<float> image{args.x_f32(), args.x_pixel, s.depth, s.source,
                                     s.before,     D::m,         1,       1};
    const auto map = [](const auto& d, auto& t) noexcept { F::template input<V>(d, t); };
    const auto piece = [&](const WinogradTiles::Place& at, int tile, int tiles) noexcept {
      const auto place = [&](int c) noexcept {
        return WinogradPlace<float>{v + std::int64_t{tile} * p.c_group + c, p.v_stride, p.c_group};
      };
      SourceRows(image, at, tiles, 0, winograd_input<D>.at[point])
          .map(from, p.c_group, map, place, staged);
    };
    p.tiles.each_row(block, SourceRows::most, piece);
  }

  // W lies as [e][panel of oc][tile][nr].
  static void transform_dy(const Plan& p, const ConvWeightArgs& args, const Block& block, int point,
                           int from, float* w, float* staged) noexcept {
    const WinogradPass& s = p.pass;
    const WinogradImage<float> image{args.dy_f32(), args.dy_pixel, s.width, s.target,
                                     {0, 0, 0},     D::m,          1,       1};
    const auto map = [](const auto& d, auto& t) noexcept { F::template gradient<V>(d, t); };
    const auto piece = [&](const WinogradTiles::Place& at, int tile, int tiles) noexcept {
      const auto place = [&](int c) noexcept {
        float* const panel = w + std::int64_t{c - c % nr} * p.tiles.block_tiles();
        return WinogradPlace<float>{panel + tile * nr + c % nr, p.w_stride, nr};
      };
      TargetRows(image, at, tiles, 0, winograd_gradient<D>.at[point])
          .map(from, p.oc_group, map, place, staged);
    };
    p.tiles.each_row(block, TargetRows::most, piece);
  }

  // ---- dU += Vt W -------------------------------------------------------------------------------

  // du[e][panel][c][nr]
  static void multiply(const Plan& p, const float* v, const float* w, float* du, int tiles,
                       bool add) noexcept {
    const TileRuns<V> runs(p.c_group);
    for (int e = 0; e < points; ++e, v += p.v_stride, w += p.w_stride)
      for (int n = 0; n < p.oc_group; n += nr)
        for (int r = 0; r < runs.count; ++r) {
          const int c = runs.first(r);
          winograd_sums<V>.of[runs.height(r) - 1](
              {v + c, p.c_group, w + std::int64_t{n} * p.tiles.block_tiles(),
               du + e * p.u_stride + std::int64_t{n} * p.c_group + std::int64_t{c} * nr, tiles,
               add});
        }
  }

  // ---- dw = Gt dU G -----------------------------------------------------------------------------

  // planes[tap of the depth][e][lanes] of lanes target channels: slabs at `from` added up over the
  // chunks, and over the points of the depth by their map.
  static void sum_points(const Plan& p, const float* from, float* planes) noexcept {
    const std::int64_t point_stride = slab_floats(p), chunk_stride = slabs(p) * slab_floats(p);
    for (int e = 0; e < points; ++e, from += p.u_stride, planes += lanes) {
      reg sums[D::points], taps_of_depth[D::taps];
      for (int d = 0; d < D::points; ++d) {
        sums[d] = V::load(from + d * point_stride);
        __builtin_prefetch(from + d * point_stride + nr);
        for (std::int64_t k = 1; k < p.chunks; ++k)
          sums[d] = V::add(sums[d], V::load(from + d * point_stride + k * chunk_stride));
      }
      D::template kernel_gradient<V>(sums, taps_of_depth);
      for (int d = 0; d < D::taps; ++d) V::store(planes + d * points * lanes, taps_of_depth[d]);
    }
  }

  // lanes source channels x lanes target channels from (c, oc) of dw; `du` is the first slab of
  // their groups.
  static void finish(const Plan& p, const float* du, int c, int oc, float* dw) noexcept {
    alignas(64) float gradient[lanes][taps][lanes];  // [c][tap][oc]
    alignas(64) float planes[D::taps * points * lanes];
    const int c_first = c / p.c_group * p.c_group, oc_first = oc / p.oc_group * p.oc_group;
    const int n = (oc - oc_first) / nr * nr;
    const float* base = du + std::int64_t{n} * p.c_group + (oc - oc_first - n);
    const int rows = p.pass.depth - c < lanes ? p.pass.depth - c : lanes;
    const int columns = p.pass.width - oc < lanes ? p.pass.width - oc : lanes;
    for (int i = 0; i < rows; ++i) {
      sum_points(p, base + std::int64_t{c - c_first + i} * nr, planes);
      for (int d = 0; d < D::taps; ++d)
        map_2d<V, F::points, F::taps>(
            [](const auto& u, auto& g) noexcept { F::template kernel_gradient<V>(u, g); },
            [&](int a, int b) {
              return V::load(planes + ((d * F::points + a) * F::points + b) * lanes);
            },
            [&](int a, int b, reg r) {
              V::store(gradient[i][(d * F::taps + a) * F::taps + b], r);
            });
    }
    for (int j = 0; j < columns; ++j) {
      float* to = dw + (std::int64_t{oc + j} * p.pass.depth + c) * taps;
      for (int i = 0; i < rows; ++i)
        for (int t = 0; t < taps; ++t) to[i * taps + t] = gradient[i][t][j];
    }
  }

  static void sum_task(const Plan& p, const ConvWeightArgs& args, std::int64_t task,
                       float* workspace) noexcept {
    float* const v = workspace;
    float* const w = v + points * p.v_stride;
    float* const staged = w + points * p.w_stride;
    const std::int64_t slab = task % slabs(p), chunk = task / slabs(p);
    const auto point = static_cast<int>(slab % D::points);
    const auto group = static_cast<int>(slab / D::points);
    const int c = group % p.c_groups * p.c_group, oc = group / p.c_groups * p.oc_group;
    float* du = one_stage(p) ? staged + staged_floats
                             : static_cast<float*>(args.shared) + task * slab_floats(p);
    const std::int64_t first = chunk * p.chunk_blocks;
    for (std::int64_t b = first; b < at_most(p.tiles.blocks, first + p.chunk_blocks); ++b) {
      const Block block = p.tiles.block(b);
      transform_x(p, args, block, point, c, v, staged);
      transform_dy(p, args, block, point, oc, w, staged);
      multiply(p, v, w, du, block.tiles, b > first);
    }
    if (!one_stage(p)) return;
    for (int j = oc; j < oc + p.oc_group && j < p.pass.width; j += lanes)
      for (int i = c; i < c + p.c_group && i < p.pass.depth; i += lanes)
        finish(p, du, i, j, args.dw);
  }

  static void run(const Plan& p, const ConvWeightArgs& args, int stage, std::int64_t first,
                  std::int64_t last, void* workspace) noexcept {
    for (std::int64_t task = first; task < last; ++task) {
      if (stage == 0) {
        sum_task(p, args, task, static_cast<float*>(workspace));
        continue;
      }
      // The next task reads the other half of the same panels.
      const int oc = static_cast<int>(task % (p.width / lanes)) * lanes;
      const int c = static_cast<int>(task / (p.width / lanes)) * lanes;
      const std::int64_t group = std::int64_t{oc / p.oc_group} * p.c_groups + c / p.c_group;
      finish(p, static_cast<const float*>(args.shared) + group * D::points * slab_floats(p), c, oc,
             args.dw);
    }
  }

  // In multiply-adds at full speed of 512 bits. Measured with 2 threads: products run at 0.73 of
  // it (0.57 in three dimensions); a number of V or W costs 30, one of a slab 40.
  static double cost(const Plan& p) noexcept {
    const double tiles = static_cast<double>(p.tiles.count);
    const double all = D::points * points;
    const double products = tiles * all * p.depth * p.width;
    const double transforms =
        tiles * all * 30.0 * (1.0 * p.depth * p.oc_groups + 1.0 * p.width * p.c_groups);
    const double sums = 40.0 * static_cast<double>(p.chunks * slabs(p) * slab_floats(p));
    return (products * (D::points == 1 ? 1.36 : 1.75) + transforms) * 16 / lanes + sums;
  }
};

}  // namespace
}  // namespace burin::kernels

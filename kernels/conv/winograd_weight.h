// Winograd weight gradient of 3x3 kernels: the transpose of the forward pass.
//
//   V[e][tile][c]   = Bt x B           W[e][tile][oc] = A dy At
//   dU[e][c][oc]    = sum over tiles   V[e][tile][c] * W[e][tile][oc]
//   dw[oc][c]       = Gt dU[oc][c] G
//
// A task sums one slab of dU (a group of c, a group of oc, all e) that stays in L2, over one chunk
// of the tiles, a block at a time. With one chunk it finishes dw itself; else slabs go to shared
// memory and the second stage adds them in the order of the chunks.
#pragma once

#include "kernels/conv/winograd_plan.h"
#include "kernels/conv/winograd_product.h"
#include "kernels/conv/winograd_transform.h"
#include "kernels/conv/winograd_window.h"

namespace burin::kernels {
namespace {

template <class V, class F>
struct WinogradWeight {
  using reg = typename V::reg;
  using Block = WinogradTiles::Block;
  static constexpr int lanes = V::lanes;
  static constexpr int nv = 2;
  static constexpr int nr = nv * lanes;
  static constexpr int points = F::points * F::points;

  struct Plan {
    WinogradPass pass;
    WinogradTiles tiles;
    int depth, width;       // c and oc rounded up to lanes
    int c_group, oc_group;  // of a slab
    int c_groups, oc_groups;
    std::int64_t chunks, chunk_blocks;  // a chunk is a run of blocks of tiles
    std::int64_t v_stride, w_stride;    // floats from one e to the next
  };

  static Plan plan(const ConvShape& s) noexcept {
    Plan p{};
    p.pass = forward_pass(s);
    // Slab, V and W of 64 x 64 channels and 48 tiles: 1.5 MiB. Wider slabs save transforms, but
    // then sums go through L3: 128 x 128 was as fast at 512 channels and slower elsewhere.
    p.tiles = tiles_of(p.pass, F::m, 48);
    p.depth = round_up(p.pass.depth, lanes);
    p.c_group = round_up(ceil_div(p.depth, ceil_div(p.depth, 64)), lanes);
    p.c_groups = static_cast<int>(ceil_div(p.depth, p.c_group));
    p.width = round_up(p.pass.width, lanes);
    p.oc_group = round_up(ceil_div(p.width, ceil_div(p.width, 64)), nr);
    p.oc_groups = static_cast<int>(ceil_div(p.width, p.oc_group));
    const std::int64_t wanted = ceil_div(16, std::int64_t{p.c_groups} * p.oc_groups);
    p.chunk_blocks = ceil_div(p.tiles.blocks, at_most(p.tiles.blocks, wanted));
    p.chunks = ceil_div(p.tiles.blocks, p.chunk_blocks);
    p.v_stride = odd_lines(std::int64_t{p.tiles.block_tiles()} * p.c_group);
    p.w_stride = odd_lines(std::int64_t{p.tiles.block_tiles()} * p.oc_group);
    return p;
  }

  static std::int64_t slab_floats(const Plan& p) noexcept {
    return std::int64_t{points} * p.c_group * p.oc_group;
  }
  static std::int64_t slabs(const Plan& p) noexcept {
    return std::int64_t{p.c_groups} * p.oc_groups;
  }
  static std::size_t workspace_bytes(const Plan& p) noexcept {
    return sizeof(float) * static_cast<std::size_t>(points * (p.v_stride + p.w_stride) +
                                                    (p.chunks == 1 ? slab_floats(p) : 0));
  }
  static std::size_t shared_bytes(const Plan& p) noexcept {
    if (p.chunks == 1) return 0;
    return sizeof(float) * static_cast<std::size_t>(p.chunks * slabs(p) * slab_floats(p));
  }
  // Stage 0: chunk x slab. Stage 1: lanes x lanes channels of dw.
  static std::int64_t tasks(const Plan& p, int stage) noexcept {
    if (stage == 0) return p.chunks * slabs(p);
    return p.chunks == 1 ? 0 : std::int64_t{p.depth / lanes} * (p.width / lanes);
  }

  // ---- V and W ----------------------------------------------------------------------------------

  // out[e][tile][c_group], channels [from, from + group) of the image
  template <int size, class Map>
  static void transform(const Window<size>& w, int from, int group, int channels, float* out,
                        std::int64_t stride, Map map) noexcept {
    for (int c = 0; c < group; c += lanes) {
      const int left = channels - from - c, count = left < lanes ? left : lanes;
      if (count <= 0) {
        for (int e = 0; e < points; ++e) V::store(out + e * stride + c, V::zero());
      } else if (count == lanes && w.whole()) {
        map_window<V, size, F::points, 0, F::points, true>(w, from + c, count, out + c, stride,
                                                           map);
      } else {
        map_window<V, size, F::points, 0, F::points, false>(w, from + c, count, out + c, stride,
                                                            map);
      }
    }
  }

  static void transform_x(const Plan& p, const ConvWeightArgs& args, const Block& block, int from,
                          float* v) noexcept {
    const WinogradPass& s = p.pass;
    const WinogradImage image{args.x_f32(), args.x_pixel, s.h, s.w};
    const auto map = [](const auto& d, auto& t) noexcept { F::template input<V>(d, t); };
    Window<F::points> next(image, p.tiles, block.first, F::m, s.top, s.left);
    for (int i = 0; i < block.tiles; ++i) {
      Window<F::points> w = next;
      next = Window<F::points>(image, p.tiles, block.first + i + 1, F::m, s.top, s.left);
      w.fetch(next);
      transform(w, from, p.c_group, s.depth, v + std::int64_t{i} * p.c_group, p.v_stride, map);
    }
  }

  // W lies as [e][panel of oc][tile][nr].
  static void transform_dy(const Plan& p, const ConvWeightArgs& args, const Block& block, int from,
                           float* to) noexcept {
    const WinogradPass& s = p.pass;
    const WinogradImage image{args.dy_f32(), args.dy_pixel, s.oh, s.ow};
    const auto map = [](const auto& d, auto& t) noexcept { F::template gradient<V>(d, t); };
    Window<F::m> next(image, p.tiles, block.first, F::m, 0, 0);
    for (int i = 0; i < block.tiles; ++i) {
      Window<F::m> w = next;
      next = Window<F::m>(image, p.tiles, block.first + i + 1, F::m, 0, 0);
      w.fetch(next);
      for (int n = 0; n < p.oc_group; n += nr)
        transform(w, from + n, nr, s.width,
                  to + std::int64_t{n} * p.tiles.block_tiles() + std::int64_t{i} * nr, p.w_stride,
                  map);
    }
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
               du + (std::int64_t{e} * p.oc_group + n) * p.c_group + std::int64_t{c} * nr, tiles,
               add});
        }
  }

  // ---- dw = Gt dU G -----------------------------------------------------------------------------

  // lanes source channels x lanes target channels from (c, oc) of the slabs at du, added up.
  static void finish(const Plan& p, const float* du, std::int64_t chunks, std::int64_t chunk_stride,
                     int c, int oc, float* dw) noexcept {
    alignas(64) float taps[lanes][9][lanes];  // [c][tap][oc]
    const int c_first = c / p.c_group * p.c_group, oc_first = oc / p.oc_group * p.oc_group;
    const int n = (oc - oc_first) / nr * nr;
    const float* base = du + std::int64_t{n} * p.c_group + (oc - oc_first - n);
    const int rows = p.pass.depth - c < lanes ? p.pass.depth - c : lanes;
    const int columns = p.pass.width - oc < lanes ? p.pass.width - oc : lanes;
    for (int i = 0; i < rows; ++i) {
      const float* at = base + std::int64_t{c - c_first + i} * nr;
      const std::int64_t e_stride = std::int64_t{p.oc_group} * p.c_group;
      map_2d<V, F::points, 3>(
          [](const auto& u, auto& g) noexcept { F::template kernel_gradient<V>(u, g); },
          [&](int a, int b) {
            const float* from = at + (a * F::points + b) * e_stride;
            reg sum = V::load(from);
            for (std::int64_t k = 1; k < chunks; ++k)
              sum = V::add(sum, V::load(from + k * chunk_stride));
            return sum;
          },
          [&](int a, int b, reg r) { V::store(taps[i][a * 3 + b], r); });
    }
    for (int j = 0; j < columns; ++j) {
      float* to = dw + (std::int64_t{oc + j} * p.pass.depth + c) * 9;
      for (int i = 0; i < rows; ++i)
        for (int t = 0; t < 9; ++t) to[i * 9 + t] = taps[i][t][j];
    }
  }

  static void sum_task(const Plan& p, const ConvWeightArgs& args, std::int64_t task,
                       float* workspace) noexcept {
    float* v = workspace;
    float* w = v + points * p.v_stride;
    const std::int64_t slab = task % slabs(p), chunk = task / slabs(p);
    const int c = static_cast<int>(slab % p.c_groups) * p.c_group;
    const int oc = static_cast<int>(slab / p.c_groups) * p.oc_group;
    float* du = p.chunks == 1 ? w + points * p.w_stride
                              : static_cast<float*>(args.shared) + task * slab_floats(p);
    const std::int64_t first = chunk * p.chunk_blocks;
    for (std::int64_t b = first; b < at_most(p.tiles.blocks, first + p.chunk_blocks); ++b) {
      const Block block = p.tiles.block(b);
      transform_x(p, args, block, c, v);
      transform_dy(p, args, block, oc, w);
      multiply(p, v, w, du, block.tiles, b > first);
    }
    if (p.chunks > 1) return;
    for (int j = oc; j < oc + p.oc_group && j < p.pass.width; j += lanes)
      for (int i = c; i < c + p.c_group && i < p.pass.depth; i += lanes)
        finish(p, du, 1, 0, i, j, args.dw);
  }

  static void run(const Plan& p, const ConvWeightArgs& args, int stage, std::int64_t first,
                  std::int64_t last, void* workspace) noexcept {
    for (std::int64_t task = first; task < last; ++task) {
      if (stage == 0) {
        sum_task(p, args, task, static_cast<float*>(workspace));
        continue;
      }
      const int c = static_cast<int>(task % (p.depth / lanes)) * lanes;
      const int oc = static_cast<int>(task / (p.depth / lanes)) * lanes;
      const std::int64_t slab = std::int64_t{oc / p.oc_group} * p.c_groups + c / p.c_group;
      finish(p, static_cast<const float*>(args.shared) + slab * slab_floats(p), p.chunks,
             slabs(p) * slab_floats(p), c, oc, args.dw);
    }
  }

  // In multiply-adds at full speed of 512 bits. Measured with 2 threads: products run at 0.73 of
  // it; a number of V or W costs 30, one of a slab 40.
  static double cost(const Plan& p) noexcept {
    const double tiles = static_cast<double>(p.tiles.count);
    const double products = tiles * points * p.depth * p.width;
    const double transforms =
        tiles * points * 30.0 * (1.0 * p.depth * p.oc_groups + 1.0 * p.width * p.c_groups);
    const double sums = 40.0 * static_cast<double>(p.chunks * slabs(p) * slab_floats(p));
    return (products * 1.36 + transforms) * 16 / lanes + sums;
  }
};

}  // namespace
}  // namespace burin::kernels

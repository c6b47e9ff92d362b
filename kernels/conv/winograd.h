// Winograd convolution of 3x3 kernels, forward and data gradient, fused.
//
// A task takes a block of tiles and a range of target channels through all three steps in its own
// workspace, so that no transformed image ever goes through memory:
//
//   V[e][tile][c]    = Bt d B              e: one of points x points products of a tile
//   M[e][tile][oc]   = V[e] * U[e]         one group of channels at a time
//   y                = act(At M A + bias)
//
// V lies as rows of a register tile: [e][rows of MR tiles][c block][tile of the rows][lanes], so
// that the micro-kernel walks through one run of memory. U is packed [group][e][panel][c][panel
// width].
#pragma once

#include "kernels/conv/winograd_plan.h"
#include "kernels/conv/winograd_transform.h"
#include "kernels/conv/winograd_window.h"
#include "kernels/micro/tile.h"

namespace burin::kernels {
namespace {

template <class V, class F>
struct Winograd {
  using reg = typename V::reg;
  static constexpr int lanes = V::lanes;
  static constexpr int nv = 2;
  static constexpr int nr = nv * lanes;
  static constexpr int mr = V::registers == 32 ? 14 : 6;
  static constexpr int points = F::points * F::points;

  struct Plan {
    WinogradPass pass;
    WinogradTiles tiles;
    std::int64_t blocks;  // of tiles; a block has up to block_tiles
    int block_tiles;
    int depth;                        // source channels, rounded up to lanes
    int width;                        // target channels, rounded up to lanes
    int group;                        // target channels whose products are held at a time
    int chunks, chunk_groups;         // a task computes chunk_groups groups
    std::int64_t v_stride, m_stride;  // floats from one e to the next
  };

  static Plan plan(const WinogradPass& pass) noexcept {
    Plan p{};
    p.pass = pass;
    p.tiles = tiles_of<F>(pass);
    p.depth = static_cast<int>(divide_up(pass.depth, lanes) * lanes);
    p.width = static_cast<int>(divide_up(pass.width, lanes) * lanes);
    const int target = 4 * mr;
    p.blocks = larger(1, divide_up(p.tiles.count, target));
    p.block_tiles = static_cast<int>(divide_up(p.tiles.count, p.blocks));
    p.group = p.depth <= 128 ? nr : 4 * nr;
    const auto groups = static_cast<int>(divide_up(p.width, p.group));
    // Few blocks: several tasks share one and each transforms its input again.
    p.chunks = static_cast<int>(smaller(groups, p.blocks >= 16 ? 1 : divide_up(16, p.blocks)));
    p.chunk_groups = static_cast<int>(divide_up(groups, p.chunks));
    p.chunks = static_cast<int>(divide_up(groups, p.chunk_groups));
    p.v_stride = odd_lines(std::int64_t{p.block_tiles} * p.depth);
    p.m_stride = odd_lines(std::int64_t{p.block_tiles} * p.group);
    return p;
  }

  static std::size_t packed_bytes(const Plan& p) noexcept {
    return sizeof(float) * points * static_cast<std::size_t>(p.depth) *
           static_cast<std::size_t>(p.width);
  }
  static std::size_t workspace_bytes(const Plan& p) noexcept {
    return sizeof(float) * points * static_cast<std::size_t>(p.v_stride + p.m_stride);
  }
  static std::int64_t tasks(const Plan& p) noexcept { return p.blocks * p.chunks; }

  // Multiply-adds of 512-bit registers: those of the products, and the transforms in the same unit.
  static double cost(const Plan& p) noexcept {
    const double tiles = static_cast<double>(p.tiles.count);
    const double products = tiles * points * p.depth * p.width;
    const double transforms = tiles * points * 100.0 * (p.depth * p.chunks + p.width);
    return (products + transforms) * 16 / lanes;
  }

  // Rows of a register tile: a block is cut into runs whose heights differ by at most one.
  struct Rows {
    int count, tiles;
    [[nodiscard]] int first(int r) const noexcept { return r * tiles / count; }
  };
  static Rows rows_of(int tiles) noexcept { return {(tiles + mr - 1) / mr, tiles}; }

  struct Block {
    std::int64_t first;
    int tiles;
  };
  static Block block_of(const Plan& p, std::int64_t index) noexcept {
    const std::int64_t first = index * p.tiles.count / p.blocks;
    return {first, static_cast<int>((index + 1) * p.tiles.count / p.blocks - first)};
  }

  // ---- V = Bt d B -------------------------------------------------------------------------------

  static constexpr auto input_map = [](const auto& d, auto& t) noexcept {
    F::template input<V>(d, t);
  };

  static void transform_input(const Plan& p, const ConvArgs& args, const Block& block,
                              float* v) noexcept {
    const WinogradPass& s = p.pass;
    const Rows rows = rows_of(block.tiles);
    for (int r = 0; r < rows.count; ++r) {
      const int first = rows.first(r), height = rows.first(r + 1) - first;
      for (int i = 0; i < height; ++i) {
        const auto at = p.tiles.place(block.first + first + i);
        const Window<F::points> w(args.source + at.image * s.h * s.w * args.source_pixel,
                                  args.source_pixel, s.h, s.w, at.row * F::m - s.top,
                                  at.column * F::m - s.left);
        float* to = v + std::int64_t{first} * p.depth + i * lanes;
        for (int c = 0; c < p.depth; c += lanes, to += height * lanes) {
          const int count = s.depth - c < lanes ? s.depth - c : lanes;
          if (count == lanes && w.whole())
            map_window<V, F::points, F::points, true>(w, c, count, to, p.v_stride, input_map);
          else
            map_window<V, F::points, F::points, false>(w, c, count, to, p.v_stride, input_map);
        }
      }
    }
  }

  // ---- M = V U ----------------------------------------------------------------------------------

  // m[height][n lanes] = v[c block][height][lanes] * u[depth][n lanes]
  template <int height, int n>
  static void product(const float* v, const float* u, float* m, int depth) noexcept {
    static constexpr std::ptrdiff_t no_tap[1] = {0};
    reg acc[height][n];
#pragma GCC unroll 16
    for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < n; ++j) acc[i][j] = V::zero();
    for (int c = 0; c < depth; c += lanes) {
      accumulate<V, height, n>({v, lanes, 1, u, n * lanes, lanes, 1, no_tap, no_tap}, acc);
      v += height * lanes;
      u += lanes * n * lanes;
    }
#pragma GCC unroll 16
    for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < n; ++j) V::store(m + (i * n + j) * lanes, acc[i][j]);
  }

  using Product = void (*)(const float*, const float*, float*, int) noexcept;

  template <int n>
  static Product product_of(int height) noexcept {
    if constexpr (mr == 14) {
      static constexpr Product table[] = {
          product<1, n>,  product<2, n>,  product<3, n>,  product<4, n>, product<5, n>,
          product<6, n>,  product<7, n>,  product<8, n>,  product<9, n>, product<10, n>,
          product<11, n>, product<12, n>, product<13, n>, product<14, n>};
      return table[height - 1];
    } else {
      static constexpr Product table[] = {product<1, n>, product<2, n>, product<3, n>,
                                          product<4, n>, product<5, n>, product<6, n>};
      return table[height - 1];
    }
  }

  // M of the channels [from, from + width) of one group.
  static void multiply(const Plan& p, int tiles, const float* v, const float* u, float* m,
                       int width) noexcept {
    const Rows rows = rows_of(tiles);
    for (int e = 0; e < points; ++e) {
      for (int n = 0; n < width; n += nr) {
        const int panel = width - n < nr ? lanes : nr;
        for (int r = 0; r < rows.count; ++r) {
          const int first = rows.first(r), height = rows.first(r + 1) - first;
          const Product f = panel == nr ? product_of<nv>(height) : product_of<1>(height);
          f(v + e * p.v_stride + std::int64_t{first} * p.depth, u,
            m + e * p.m_stride + std::int64_t{n} * tiles + std::int64_t{first} * panel, p.depth);
        }
        u += std::int64_t{p.depth} * panel;
      }
    }
  }

  // ---- y = act(At M A + bias) -------------------------------------------------------------------

  template <Activation activation>
  [[gnu::always_inline]] static reg activate(reg v, const Epilogue& e) noexcept {
    if constexpr (activation == Activation::none) return v;
    if constexpr (activation == Activation::relu) return V::max(v, V::zero());
    if constexpr (activation == Activation::relu6)
      return V::min(V::max(v, V::zero()), V::set(6.0f));
    return V::mac(V::set(e.slope), V::min(v, V::zero()), V::max(v, V::zero()));
  }

  struct Target {
    float* origin;
    std::int64_t pixel, row;
    int height, width, count;  // valid rows, columns and channels
  };

  template <Activation activation, bool whole>
  static void output_block(const float* m, std::int64_t m_stride, reg bias, const Epilogue& e,
                           const Target& y) noexcept {
    map_2d<V, F::points, F::m>(
        [](const auto& d, auto& r) noexcept { F::template output<V>(d, r); },
        [&](int i, int j) { return V::load(m + (i * F::points + j) * m_stride); },
        [&](int i, int j, reg r) {
          float* to = y.origin + i * y.row + j * y.pixel;
          const reg value = activate<activation>(V::add(r, bias), e);
          if constexpr (whole)
            V::store(to, value);
          else if (i < y.height && j < y.width)
            V::store(to, value, y.count);
        });
  }

  template <Activation activation>
  static void transform_output(const Plan& p, const ConvArgs& args, const Block& block,
                               const float* m, int from, int width) noexcept {
    const WinogradPass& s = p.pass;
    for (int i = 0; i < block.tiles; ++i) {
      const auto at = p.tiles.place(block.first + i);
      const int row = at.row * F::m, column = at.column * F::m;
      Target y{};
      y.pixel = args.target_pixel;
      y.row = y.pixel * s.ow;
      y.height = s.oh - row < F::m ? s.oh - row : F::m;
      y.width = s.ow - column < F::m ? s.ow - column : F::m;
      float* origin =
          args.target + ((at.image * s.oh + row) * s.ow + column) * args.target_pixel + from;
      for (int n = 0; n < width; n += lanes) {
        const int panel = n / nr * nr, panel_width = width - panel < nr ? lanes : nr;
        const float* products =
            m + std::int64_t{panel} * block.tiles + std::int64_t{i} * panel_width + (n - panel);
        y.origin = origin + n;
        y.count = s.width - from - n < lanes ? s.width - from - n : lanes;
        const reg bias = args.bias == nullptr ? V::zero() : V::load(args.bias + from + n, y.count);
        if (y.height == F::m && y.width == F::m && y.count == lanes)
          output_block<activation, true>(products, p.m_stride, bias, args.epilogue, y);
        else
          output_block<activation, false>(products, p.m_stride, bias, args.epilogue, y);
      }
    }
  }

  using Output = void (*)(const Plan&, const ConvArgs&, const Block&, const float*, int,
                          int) noexcept;
  static Output output_of(Activation activation) noexcept {
    switch (activation) {
      case Activation::relu:
        return transform_output<Activation::relu>;
      case Activation::leaky_relu:
        return transform_output<Activation::leaky_relu>;
      case Activation::relu6:
        return transform_output<Activation::relu6>;
      default:
        return transform_output<Activation::none>;
    }
  }

  // Task = block of tiles x chunk of groups.
  static void run(const Plan& p, const ConvArgs& args, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    auto* v = static_cast<float*>(workspace);
    float* m = v + points * p.v_stride;
    const Output output = output_of(args.epilogue.activation);
    for (std::int64_t task = first; task < last; ++task) {
      const Block block = block_of(p, task / p.chunks);
      const auto chunk = static_cast<int>(task % p.chunks);
      transform_input(p, args, block, v);
      for (int g = chunk * p.chunk_groups; g < (chunk + 1) * p.chunk_groups; ++g) {
        const int from = g * p.group;
        if (from >= p.width) break;
        const int width = p.width - from < p.group ? p.width - from : p.group;
        const float* u =
            static_cast<const float*>(args.packed) + std::int64_t{points} * p.depth * from;
        multiply(p, block.tiles, v, u, m, width);
        output(p, args, block, m, from, width);
      }
    }
  }
};

}  // namespace
}  // namespace burin::kernels

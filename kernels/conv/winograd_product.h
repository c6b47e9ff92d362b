// Products of the transform domain: heights of a register tile picked at run time.
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/micro/tile.h"

namespace burin::kernels {
namespace {

// `count` rows in runs whose heights differ by at most one and fit a register tile.
template <class V>
struct TileRuns {
  static constexpr int mr = tile_rows<V>;
  int count, rows;
  explicit TileRuns(int all) noexcept : count((all + mr - 1) / mr), rows(all) {}
  [[nodiscard]] int first(int run) const noexcept { return run * rows / count; }
  [[nodiscard]] int height(int run) const noexcept { return first(run + 1) - first(run); }
};

// Rows of V times a panel of U: m[height][n registers] (+)= v[depth / line][height][line] *
// u[depth][n registers]; a line is a channel for each lane, of pairs two, and of u, too, two
// neighbours in depth share a lane then. All three lie in one run of memory each. Meanwhile `lines`
// lines of 64 bytes for each line of channels come from `next`: with a block of 56 tiles U streams
// from L3 at 2.3 bytes a cycle, and without this the products ran at 0.65 of the peak in place of
// 0.77 (512 channels, 2 threads).
template <class V>
struct WinogradProduct {
  const typename V::number* v;
  const typename V::number* u;
  float* m;
  int depth;
  bool add;
  const void* next;
  int lines;
};

template <class V, int height, int n>
void winograd_product(const WinogradProduct<V>& p) noexcept {
  static constexpr std::ptrdiff_t no_tap[1] = {0};
  constexpr int line = V::lanes * V::pair;
  const typename V::number *v = p.v, *u = p.u;
  const auto* next = static_cast<const char*>(p.next);
  typename V::reg acc[height][n];
#pragma GCC unroll 16
  for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < n; ++j)
      acc[i][j] = p.add ? V::load(p.m + (i * n + j) * V::lanes) : V::zero();
  for (int c = 0; c < p.depth; c += line) {
    for (int i = 0; i < p.lines; ++i, next += 64) __builtin_prefetch(next);
    accumulate<V, height, n>({v, line, V::pair, u, n * line, V::lanes, 1, no_tap, no_tap}, acc);
    v += height * line;
    u += V::lanes * n * line;
  }
#pragma GCC unroll 16
  for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < n; ++j) V::store(p.m + (i * n + j) * V::lanes, acc[i][j]);
}

// Tiles summed for a slab of the weight gradient: du[height][2 registers] (+)= v[tile][height of
// v_row] * w[tile][2 registers].
struct WinogradSum {
  const float* v;
  std::ptrdiff_t v_row;
  const float* w;
  float* du;
  int tiles;
  bool add;
};

template <class V, int height, int n>
void winograd_sum(const WinogradSum& s) noexcept {
  static constexpr std::ptrdiff_t no_tap[1] = {0};
  typename V::reg acc[height][n];
#pragma GCC unroll 16
  for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < n; ++j)
      acc[i][j] = s.add ? V::load(s.du + (i * n + j) * V::lanes) : V::zero();
  accumulate<V, height, n>({s.v, 1, s.v_row, s.w, n * V::lanes, s.tiles, 1, no_tap, no_tap}, acc);
#pragma GCC unroll 16
  for (int i = 0; i < height; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < n; ++j) V::store(s.du + (i * n + j) * V::lanes, acc[i][j]);
}

// The two functions above for every height: n registers wide, and 2.
template <class V, int n>
struct WinogradProducts {
  static constexpr int mr = TileRuns<V>::mr;
  void (*of[mr])(const WinogradProduct<V>&) noexcept;
  template <int... i>
  explicit constexpr WinogradProducts(std::integer_sequence<int, i...>) noexcept
      : of{winograd_product<V, i + 1, n>...} {}
};
template <class V>
struct WinogradSums {
  static constexpr int mr = TileRuns<V>::mr;
  void (*of[mr])(const WinogradSum&) noexcept;
  template <int... i>
  explicit constexpr WinogradSums(std::integer_sequence<int, i...>) noexcept
      : of{winograd_sum<V, i + 1, 2>...} {}
};

template <class V, int n>
constexpr WinogradProducts<V, n> winograd_products{
    std::make_integer_sequence<int, TileRuns<V>::mr>()};
template <class V>
constexpr WinogradSums<V> winograd_sums{std::make_integer_sequence<int, TileRuns<V>::mr>()};

}  // namespace
}  // namespace burin::kernels

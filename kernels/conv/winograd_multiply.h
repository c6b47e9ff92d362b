// Products of all points of a plane: M = V U for a block of tiles and some panels of target
// channels. U comes from memory as it was packed, or is made of taps in L2.
#pragma once

#include "kernels/conv/winograd_map.h"
#include "kernels/conv/winograd_plan.h"
#include "kernels/conv/winograd_product.h"
#include "kernels/micro/tile_call.h"

namespace burin::kernels {
namespace {

template <class V, class F>
struct WinogradMultiply {
  using number = typename V::number;
  static constexpr int lanes = V::lanes;
  static constexpr int line = lanes * V::pair;  // channels of V in a lane each, or two
  static constexpr int nr = Tiles<V>::nr;       // target channels of a panel; of the last one half
  static constexpr int points = F::points * F::points;  // of a plane
  static constexpr int plane_taps = F::taps * F::taps;
  static constexpr int span = 128;  // channels of U that are made at once
  static constexpr int line_bytes = 64;

  // Numbers of U of a span from one point to the next.
  static constexpr std::int64_t u_stride = odd_lines<number>(std::int64_t{span} * nr);

  // V[e][tile][channel] and M[e][panel][tile][panel width]
  struct Block {
    int tiles, depth;
    const number* v;
    float* m;
    std::int64_t v_stride, m_stride;  // numbers from one e to the next
  };
  // Source channels [begin, begin + count): products are added to those of the channels before.
  struct Channels {
    int begin, count;
  };
  // What is fetched during a product: so many lines for each line of channels.
  struct Ahead {
    const char* from;
    int lines;
  };

  // One e and panel. Each run of tiles fetches its own share.
  static void panel(const Block& b, const number* v, const number* u, float* m, Channels c,
                    int width, Ahead ahead) noexcept {
    const TileRuns<V> runs(b.tiles);
    for (int r = 0; r < runs.count; ++r) {
      const std::int64_t first = runs.first(r);
      const int height = runs.height(r);
      const WinogradProduct<V> product{v + first * b.depth + std::int64_t{c.begin} * height,
                                       u,
                                       m + first * width,
                                       c.count,
                                       c.begin > 0,
                                       ahead.from,
                                       ahead.lines};
      ahead.from += std::int64_t{line_bytes} * ahead.lines * (c.count / line);
      if (width == nr)
        winograd_products<V, 2>.of[height - 1](product);
      else
        winograd_products<V, 1>.of[height - 1](product);
    }
  }

  // u[e][panel][channel][panel width] of `targets` target channels
  static void by_u(const Block& b, const number* u, int targets) noexcept {
    const int panel_lines = line * nr * static_cast<int>(sizeof(number)) / line_bytes;
    const int lines = static_cast<int>(ceil_div(panel_lines, TileRuns<V>(b.tiles).count));
    const number* v = b.v;
    float* m = b.m;
    for (int e = 0; e < points; ++e, v += b.v_stride, m += b.m_stride)
      for (int n = 0; n < targets; n += nr) {
        const int width = Tiles<V>::width(targets - n);
        const number* const next = u + std::int64_t{b.depth} * width;
        panel(b, v, u, m + std::int64_t{n} * b.tiles, {0, b.depth}, width,
              {reinterpret_cast<const char*>(next), lines});
        u = next;
      }
  }

  // put(e, U of a channel) for load(tap) of it.
  template <class Load, class Put>
  [[gnu::always_inline]] static void map_taps(const Load& load, const Put& put) noexcept {
    map_2d<V, F::taps, F::points>(
        [](const auto& g, auto& r) noexcept { F::template kernel<V>(g, r); },
        [&](int i, int j) { return load(i * F::taps + j); },
        [&](int i, int j, typename V::reg r) { put(i * F::points + j, r); });
  }

  // u[e][channel][width] of from[channel][tap][width]
  static void make_u(const float* from, int channels, int width, float* u) noexcept {
    for (int c = 0; c < channels; ++c, from += plane_taps * width, u += width)
      for (int n = 0; n < width; n += lanes)
        map_taps([&](int tap) { return V::load(from + tap * width + n); },
                 [&](int e, typename V::reg r) { V::store(u + e * u_stride + n, r); });
  }

  // The same by taps[panel][channel][tap][panel width]; `u` has room for a span of all points. What
  // the next span reads is fetched meanwhile.
  static void by_taps(const Block& b, const float* taps, int targets, float* u) noexcept {
    const std::int64_t spans = ceil_div(b.depth, span);
    const int even = round_up(ceil_div(b.depth, spans), line);
    const int runs = TileRuns<V>(b.tiles).count;
    for (int n = 0; n < targets; n += nr) {
      const int width = Tiles<V>::width(targets - n);
      for (int begin = 0; begin < b.depth; begin += even) {
        const Channels c{begin, b.depth - begin < even ? b.depth - begin : even};
        make_u(taps, c.count, width, u);
        taps += std::int64_t{plane_taps} * c.count * width;
        const int steps = runs * (c.count / line);  // of an e, with as many fetched lines each
        const int bytes = plane_taps * c.count * width * static_cast<int>(sizeof(float));
        Ahead ahead{reinterpret_cast<const char*>(taps),
                    static_cast<int>(ceil_div(bytes / line_bytes, points * steps))};
        for (int e = 0; e < points; ++e) {
          panel(b, b.v + e * b.v_stride, u + e * u_stride,
                b.m + e * b.m_stride + std::int64_t{n} * b.tiles, c, width, ahead);
          ahead.from += std::int64_t{line_bytes} * ahead.lines * steps;
        }
      }
    }
  }
};

}  // namespace
}  // namespace burin::kernels

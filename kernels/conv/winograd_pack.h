// U = G g Gt for every pair of channels, in the order in which winograd.h reads it:
// [group][e][panel][source channel][panel width], zeros where channels are rounded up.
#pragma once

#include "kernels/conv/winograd.h"

namespace burin::kernels {
namespace {

template <class V, class F>
struct WinogradPack {
  using W = Winograd<V, F>;
  using Plan = typename W::Plan;
  using reg = typename V::reg;
  static constexpr int lanes = V::lanes;

  // A task packs `lanes` target channels for `lanes` source channels.
  static std::int64_t tasks(const Plan& p) noexcept {
    return std::int64_t{p.width / lanes} * (p.depth / lanes);
  }

  // taps[source channel][3x3][target channel]
  static void gather(const Plan& p, bool data, const float* weights, int source, int target,
                     float* taps) noexcept {
    const int sources = p.pass.depth - source < lanes ? p.pass.depth - source : lanes;
    const int targets = p.pass.width - target < lanes ? p.pass.width - target : lanes;
    if (sources < lanes || targets < lanes)
      for (int i = 0; i < lanes * 9 * lanes; ++i) taps[i] = 0;
    const std::int64_t out_stride = 9 * std::int64_t{data ? p.pass.width : p.pass.depth};
    if (!data) {
      for (int o = 0; o < targets; ++o) {
        const float* w = weights + (target + o) * out_stride + std::int64_t{9} * source;
        for (int i = 0; i < sources * 9; ++i) taps[i * lanes + o] = w[i];
      }
      return;
    }
    for (int o = 0; o < sources; ++o) {  // the kernel turned by 180 degrees
      const float* w = weights + (source + o) * out_stride + std::int64_t{9} * target;
      for (int c = 0; c < targets; ++c)
        for (int t = 0; t < 9; ++t) taps[(o * 9 + 8 - t) * lanes + c] = w[c * 9 + t];
    }
  }

  // Full lines that no cache will keep go past the caches: 10 ms in place of 16 for 1024 x 1024
  // channels.
  static bool streams(const Plan& p) noexcept {
    return lanes == 16 && W::packed_bytes(p) > (std::size_t{16} << 20);
  }

  template <bool stream>
  static void transform(const float* taps, float* u, std::int64_t u_stride) noexcept {
    map_2d<V, 3, F::points>([](const auto& g, auto& r) noexcept { F::template kernel<V>(g, r); },
                            [&](int i, int j) { return V::load(taps + (i * 3 + j) * lanes); },
                            [&](int i, int j, reg r) {
                              float* to = u + (i * F::points + j) * u_stride;
                              if constexpr (stream)
                                V::stream(to, r);
                              else
                                V::store(to, r);
                            });
  }

  static void run(const Plan& p, bool data, const float* weights, void* packed, std::int64_t first,
                  std::int64_t last) noexcept {
    alignas(64) float taps[lanes * 9 * lanes];
    const auto store = streams(p) ? transform<true> : transform<false>;
    const int blocks = p.depth / lanes;
    for (std::int64_t task = first; task < last; ++task) {
      const int target = static_cast<int>(task / blocks) * lanes;
      const int source = static_cast<int>(task % blocks) * lanes;
      gather(p, data, weights, source, target, taps);
      const int chunk = target / p.chunk * p.chunk;
      const int end = p.width - chunk < p.chunk ? p.width : chunk + p.chunk;
      const int group = chunk + (target - chunk) / p.group * p.group, in_group = target - group;
      const int group_width = end - group < p.group ? end - group : p.group;
      const int panel = in_group / W::nr * W::nr;
      const int panel_width = group_width - panel < W::nr ? lanes : W::nr;
      float* u = static_cast<float*>(packed) + std::int64_t{W::points} * p.depth * group +
                 std::int64_t{p.depth} * panel + std::int64_t{source} * panel_width +
                 (in_group - panel);
      for (int c = 0; c < lanes; ++c)
        store(taps + c * 9 * lanes, u + c * panel_width, std::int64_t{p.depth} * group_width);
    }
    V::fence();
  }
};

}  // namespace
}  // namespace burin::kernels

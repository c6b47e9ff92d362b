// Weights in the order in which winograd_multiply.h reads them, zeros where channels are rounded
// up. As U = G g Gt for every pair of channels: [depth point][group][e][panel][source channel]
// [panel width], of pairs [source channel / 2][panel width][2]. As taps, mapped along the depth
// alone: [depth point][panel][source channel][tap][panel width].
#pragma once

#include "kernels/conv/winograd.h"

namespace burin::kernels {
namespace {

template <class V, class D, class F>
struct WinogradPack {
  using W = Winograd<V, D, F>;
  using Plan = typename W::Plan;
  using reg = typename V::reg;
  using number = typename V::number;
  static constexpr int lanes = V::lanes;
  static constexpr int plane_taps = W::Multiply::plane_taps;  // of a phase
  static constexpr int taps = D::taps * plane_taps;

  // A task packs `lanes` target channels for `lanes` source channels.
  static std::int64_t tasks(const Plan& p) noexcept {
    return std::int64_t{p.width / lanes} * (p.depth / lanes);
  }

  // Where the taps of a phase lie in the kernel; that of the data pass is turned round.
  static void list_taps(const Plan& p, bool data, int phase, int (&list)[taps]) noexcept {
    const int step = (data ? p.pass.target_step : p.pass.source_step) / p.pass.dilation;
    const int slice_step = data ? p.pass.target_slice_step : p.pass.source_slice_step;
    const WinogradSize offset = phase_offset(phase, step);
    const auto along = [&](int of, int tap) noexcept { return data ? of - 1 - tap : tap; };
    for (int t = 0; t < taps; ++t) {
      const int d = t / (F::taps * F::taps), h = t / F::taps % F::taps, w = t % F::taps;
      const int slice = along(D::taps, d) * slice_step + offset.d;
      const int row = along(F::taps, h) * step + offset.h;
      const int column = along(F::taps, w) * step + offset.w;
      list[t] = (slice * F::taps * step + row) * F::taps * step + column;
    }
  }

  // gathered[source channel][tap][column] of lanes x lanes channels; `source` and `column` count
  // through all phases.
  static void gather(const Plan& p, bool data, const float* weights, int source, int column,
                     float* gathered) noexcept {
    const int phase_depth = p.depth / p.pass.source_phases();
    const int phase_columns = p.pass.phase_columns(lanes);
    const bool whole = source % phase_depth + lanes <= p.pass.depth &&
                       column % phase_columns + lanes <= p.pass.width;
    if (!whole)
      for (int i = 0; i < lanes * taps * lanes; ++i) gathered[i] = 0;
    for (int at = 0; at < lanes && column + at < phase_columns * p.pass.target_phases();) {
      const int target = (column + at) % phase_columns;
      const int phase = data ? (column + at) / phase_columns : source / phase_depth;
      gather_phase(p, data, weights, phase, source % phase_depth, target, gathered + at);
      at += phase_columns - target;
    }
  }
  static void gather_phase(const Plan& p, bool data, const float* weights, int phase, int source,
                           int target, float* gathered) noexcept {
    const int sources = p.pass.depth - source < lanes ? p.pass.depth - source : lanes;
    const int targets = p.pass.width - target < lanes ? p.pass.width - target : lanes;
    const std::int64_t kernel =
        std::int64_t{taps} * p.pass.source_phases() * p.pass.target_phases();
    const std::int64_t source_stride = data ? kernel * p.pass.width : kernel;
    const std::int64_t target_stride = data ? kernel : kernel * p.pass.depth;
    int list[taps];
    list_taps(p, data, phase, list);
    for (int o = 0; o < targets; ++o)
      for (int c = 0; c < sources; ++c) {
        const float* w = weights + (target + o) * target_stride + (source + c) * source_stride;
        for (int t = 0; t < taps; ++t) gathered[(c * taps + t) * lanes + o] = w[list[t]];
      }
  }

  // Full lines that no cache will keep go past the caches: 10 ms in place of 16 for 151 MB of U.
  static bool streams(const Plan& p) noexcept {
    return lanes == 16 && V::pair == 1 && W::packed_bytes(p) > (std::size_t{16} << 20);
  }

  // Tap `at` of the plane, mapped along the depth to `point`, of one source channel and lanes
  // target channels.
  [[gnu::always_inline]] static reg tap(const float* gathered, int point, int at) noexcept {
    const float* from = gathered + at * lanes;
    if constexpr (D::points == 1) return V::load(from);
    reg sum = V::zero();
    for (int d = 0; d < D::taps; ++d)
      sum = V::mac(V::set(winograd_kernel<D>.at[point][d]), V::load(from + d * plane_taps * lanes),
                   sum);
    return sum;
  }

  // U of one source channel and lanes target channels; of pairs, of two.
  static void store_u(const float* gathered, int point, number* u, std::int64_t u_stride,
                      bool stream) noexcept {
    const auto transform = [&](const float* channel, const auto& put) {
      W::Multiply::map_taps([&](int at) { return tap(channel, point, at); }, put);
    };
    if constexpr (V::pair == 2) {
      alignas(64) float even[W::points * lanes];
      transform(gathered, [&](int e, reg r) { V::store(even + e * lanes, r); });
      transform(gathered + taps * lanes, [&](int e, reg r) {
        V::store_pairs(u + e * u_stride, V::load(even + e * lanes), r);
      });
    } else {
      transform(gathered, [&](int e, reg r) { write(u + e * u_stride, r, stream); });
    }
  }
  [[gnu::always_inline]] static void write(number* to, reg r, bool stream) noexcept {
    if (stream)
      V::stream(to, r);
    else
      V::store(to, r);
  }

  // The panel of a target channel; chunks and groups begin with one.
  struct Panel {
    int first, width;
  };
  static Panel panel_of(const Plan& p, int target) noexcept {
    const int first = target / W::nr * W::nr;
    return {first, Tiles<V>::width(p.width - first)};
  }

  // `lanes` x `lanes` channels from `source` and `target`.
  static void pack_u(const Plan& p, const float* gathered, int source, int target,
                     number* packed) noexcept {
    const bool stream = streams(p);
    const Panel panel = panel_of(p, target);
    const int chunk = target / p.chunk * p.chunk;
    const int end = p.width - chunk < p.chunk ? p.width : chunk + p.chunk;
    const int group = chunk + (target - chunk) / p.group * p.group;
    const int group_width = end - group < p.group ? end - group : p.group;
    number* u = packed + std::int64_t{W::points} * p.depth * group +
                std::int64_t{p.depth} * (panel.first - group) + std::int64_t{source} * panel.width +
                (target - panel.first) * V::pair;
    for (int point = 0; point < D::points;
         ++point, u += std::int64_t{W::points} * p.depth * p.width)
      for (int c = 0; c < lanes; c += V::pair)
        store_u(gathered + c * taps * lanes, point, u + c * panel.width,
                std::int64_t{p.depth} * group_width, stream);
  }
  static void pack_taps(const Plan& p, const float* gathered, int source, int target,
                        float* packed) noexcept {
    const bool stream = streams(p);
    const Panel panel = panel_of(p, target);
    float* to =
        packed +
        plane_taps * (std::int64_t{p.depth} * panel.first + std::int64_t{source} * panel.width) +
        target - panel.first;
    for (int point = 0; point < D::points;
         ++point, to += std::int64_t{plane_taps} * p.depth * p.width)
      for (int c = 0; c < lanes; ++c)
        for (int t = 0; t < plane_taps; ++t)
          write(to + (c * plane_taps + t) * panel.width, tap(gathered + c * taps * lanes, point, t),
                stream);
  }

  static void run(const Plan& p, bool data, const float* weights, void* packed, std::int64_t first,
                  std::int64_t last) noexcept {
    alignas(64) float gathered[lanes * taps * lanes];
    const int blocks = p.depth / lanes;
    for (std::int64_t task = first; task < last; ++task) {
      const int target = static_cast<int>(task / blocks) * lanes;
      const int source = static_cast<int>(task % blocks) * lanes;
      gather(p, data, weights, source, target, gathered);
      if constexpr (V::pair == 1)
        if (p.as_taps) pack_taps(p, gathered, source, target, static_cast<float*>(packed));
      if (!p.as_taps) pack_u(p, gathered, source, target, static_cast<number*>(packed));
    }
    V::fence();
  }
};

}  // namespace
}  // namespace burin::kernels

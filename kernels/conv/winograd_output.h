// The last step of a Winograd convolution: y = act(At M A + bias + residual).
//
// M comes one point of the depth after another; with more than one, slices of y are summed in
// sums[tile][lanes of a target channel][slice][row][column][lanes] until their last point.
#pragma once

#include "kernels/conv/winograd_depth.h"
#include "kernels/conv/winograd_map.h"
#include "kernels/conv/winograd_plan.h"
#include "kernels/micro/activation.h"
#include "kernels/micro/of_type.h"
#include "kernels/micro/tile_call.h"
#include "kernels/micro/unroll.h"

namespace burin::kernels {
namespace {

// Products of a block of tiles for target channels [from, from + width) of all phases:
// m[e][panel][tile][panel width].
struct WinogradBlock {
  const float* m;
  std::int64_t stride;  // floats from one e to the next
  WinogradTiles::Block block;
  int from, width;
  float* sums;
  int step;  // of the points of the depth
};

template <class V, class D, class F>
struct WinogradOutput {
  using reg = typename V::reg;
  static constexpr int lanes = V::lanes;
  static constexpr int nr = Tiles<V>::nr;
  static constexpr int outputs = F::m * F::m;  // of a tile's slice

  enum class Store { masked, plain, stream };

  static constexpr std::int64_t sum_floats(std::int64_t tiles, std::int64_t width) noexcept {
    return D::points == 1 ? 0 : tiles * width * D::m * outputs;
  }

  template <Activation activation>
  [[gnu::always_inline]] static reg activate(reg v, const Epilogue& e) noexcept {
    if constexpr (activation == Activation::none) return v;
    if constexpr (activation == Activation::relu) return relu<V>(v);
    if constexpr (activation == Activation::relu6) return relu6<V>(v);
    return leaky_relu<V>(V::set(e.slope), v);
  }

  // Outputs of one tile's slice for some channels; a tile at a border has some outside.
  template <class Number>
  struct Target {
    Number* target;
    const Number* residual;  // null: none
    std::int64_t origin;     // pixel of the first output, may lie outside
    int slice;               // of that
    std::int64_t column, row;
    std::int64_t pixel, residual_pixel;
    int top, bottom, left, right, count;  // rows, columns and channels inside
    Epilogue epilogue;
    [[nodiscard]] bool whole() const noexcept {
      return top == 0 && bottom == F::m && left == 0 && right == F::m && count == lanes;
    }
  };

  template <Activation activation, Store how, class Number>
  [[gnu::always_inline]] static void put(const Target<Number>& y, int i, int j, reg sum) noexcept {
    if (how == Store::masked && (i < y.top || i >= y.bottom || j < y.left || j >= y.right)) return;
    const std::int64_t at = y.origin + i * y.row + j * y.column;
    if (y.residual != nullptr) {
      const Number* from = y.residual + at * y.residual_pixel;
      sum = V::add(sum, how == Store::masked ? V::load(from, y.count) : V::load(from));
    }
    const reg value = activate<activation>(sum, y.epilogue);
    Number* to = y.target + at * y.pixel;
    if constexpr (how == Store::stream)
      V::stream(to, value);
    else if constexpr (how == Store::plain)
      V::store(to, value);
    else
      V::store(to, value, y.count);
  }

  // f(how)
  template <class Number, class Function>
  [[gnu::always_inline]] static void pick(const Target<Number>& y, bool stream,
                                          Function f) noexcept {
    if (!y.whole()) {
      f(std::integral_constant<Store, Store::masked>());
      return;
    }
    if constexpr (can_stream<Number>) {
      if (stream) {
        f(std::integral_constant<Store, Store::stream>());
        return;
      }
    }
    f(std::integral_constant<Store, Store::plain>());
  }

  template <class Put>
  [[gnu::always_inline]] static void map(const float* m, std::int64_t m_stride, Put put) noexcept {
    map_2d<V, F::points, F::m>(
        [](const auto& d, auto& r) noexcept { F::template output<V>(d, r); },
        [&](int i, int j) { return V::load(m + (i * F::points + j) * m_stride); }, put);
  }

  // y of one tile with all points at hand.
  template <Activation activation, Store how, class Number>
  static void block(const float* m, std::int64_t m_stride, reg bias,
                    const Target<Number>& y) noexcept {
    const Target<Number> to = y;
    map(m, m_stride, [&](int i, int j, reg r) { put<activation, how>(to, i, j, V::add(r, bias)); });
  }

  // sum += factor * plane, or = where this is the first; plane[output][lanes]
  static void add(const float* plane, float factor, bool first, float* sum) noexcept {
    const reg by = V::set(factor);
    for (int o = 0; o < outputs; ++o, plane += lanes, sum += lanes)
      V::store(sum, first ? V::mul(by, V::load(plane)) : V::mac(by, V::load(plane), V::load(sum)));
  }
  // y = act(sum + factor * plane + bias)
  template <Activation activation, Store how, class Number>
  static void finish(const float* plane, float factor, const float* sum, reg bias,
                     const Target<Number>& y) noexcept {
    const Target<Number> to = y;
    const reg by = V::set(factor);
#pragma GCC unroll 4
    for (int i = 0; i < F::m; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < F::m; ++j) {
        const int at = (i * F::m + j) * lanes;
        const reg value = V::mac(by, V::load(plane + at), V::load(sum + at));
        put<activation, how>(to, i, j, V::add(value, bias));
      }
  }

  // The tile's share of this point in every slice.
  template <Activation activation, class Number>
  static void share(const WinogradPass& s, const WinogradBlock& p, const float* m, bool stream,
                    reg bias, Target<Number> y, float* sums) noexcept {
    alignas(64) float plane[outputs * lanes];
    map(m, p.stride, [&](int i, int j, reg r) { V::store(plane + (i * F::m + j) * lanes, r); });
    const std::int64_t origin = y.origin;
    const int first = y.slice;
    int slice = first;
    for (int k = 0; k < D::m; ++k, slice += s.target_slice_step, sums += outputs * lanes) {
      const WinogradShare part = winograd_share<D>(p.step, k);
      if (part.factor == 0 || slice < 0 || slice >= s.target.d) continue;
      if (!part.last) {
        add(plane, part.factor, part.first, sums);
        continue;
      }
      y.origin = origin + std::int64_t{slice - first} * s.target.h * s.target.w;
      pick(y, stream, [&](auto how) {
        finish<activation, decltype(how)::value>(plane, part.factor, sums, bias, y);
      });
    }
  }

  // Stores past the caches save reading what is overwritten: 512x512x64 took 25 ms without, 20
  // with. An output that the next layer may find in L3 is left there. Half a line would be written
  // twice.
  template <class Number>
  static constexpr bool can_stream = sizeof(Number) == 4;
  static bool streams(const WinogradPass& s, const ConvArgs& args) noexcept {
    constexpr std::int64_t large = std::int64_t{12} << 20;
    const auto address = reinterpret_cast<std::uintptr_t>(args.target);
    const std::int64_t pixels = s.batch * s.target.d * s.target.h * s.target.w;
    return pixels * s.width * 4 > large && address % 64 == 0 && args.target_pixel % lanes == 0;
  }

  // [first, last) of a tile's outputs that lie in an image of `size`, if one is `step` behind the
  // other and the first at `at`
  static int first_inside(int at, int step) noexcept { return at < 0 ? (step - 1 - at) / step : 0; }
  static int last_inside(int at, int step, int size) noexcept {
    const int count = (size - at + step - 1) / step;
    return count < F::m ? count : F::m;
  }

  template <class Number>
  static Target<Number> target_of(const WinogradPass& s, const ConvArgs& args,
                                  const WinogradTiles::Place& at, int phase) noexcept {
    const int step = s.target_step;
    const int place = phase + at.grid;  // one of the two is 0
    const WinogradSize offset = phase_offset(place, step);
    const int row = at.row * F::m * step + offset.h - s.shift.h;
    const int column = at.column * F::m * step + offset.w - s.shift.w;
    Target<Number> y{};
    y.slice = at.slice * D::m * s.target_slice_step + offset.d - s.shift.d;
    y.origin = ((at.image * s.target.d + y.slice) * s.target.h + row) * s.target.w + column;
    y.column = step;
    y.row = std::int64_t{step} * s.target.w;
    y.pixel = args.target_pixel;
    y.residual_pixel = args.residual_pixel;
    y.top = first_inside(row, step);
    y.bottom = last_inside(row, step, s.target.h);
    y.left = first_inside(column, step);
    y.right = last_inside(column, step, s.target.w);
    y.epilogue = args.epilogue;
    return y;
  }

  // Of one tile, where a register of M holds all phases.
  template <class Number, Activation activation>
  static void phases(const WinogradPass& s, const WinogradTiles::Place& at, const ConvArgs& args,
                     const float* m, std::int64_t m_stride) noexcept {
    alignas(64) float plane[outputs * lanes];
    map(m, m_stride, [&](int i, int j, reg r) { V::store(plane + (i * F::m + j) * lanes, r); });
    const reg bias = args.bias == nullptr ? V::zero() : V::load(args.bias, s.width);
    for (int phase = 0; phase < s.target_phases(); ++phase) {
      auto y = target_of<Number>(s, args, at, phase);
      y.target = static_cast<Number*>(args.target);
      y.residual = static_cast<const Number*>(args.residual);
      y.count = s.width;
      const float* from = plane + phase * s.width;
      for (int i = 0; i < F::m; ++i)
        for (int j = 0; j < F::m; ++j, from += lanes)
          put<activation, Store::masked>(y, i, j, V::add(V::load(from, y.count), bias));
    }
  }

  template <class Number, Activation activation>
  static void run(const WinogradPass& s, const WinogradTiles& tiles, const ConvArgs& args,
                  const WinogradBlock& p) noexcept {
    const bool stream = can_stream<Number> && streams(s, args);
    const int phase_width = s.phase_columns(lanes);
    for (int i = 0; i < p.block.tiles; ++i) {
      const auto at = tiles.place(p.block.first + i);
      if (D::points == 1 && phase_width < lanes) {
        phases<Number, activation>(s, at, args, p.m + std::int64_t{i} * lanes, p.stride);
        continue;
      }
      auto y = target_of<Number>(s, args, at, p.from / phase_width);
      for (int n = 0; n < p.width; n += lanes) {
        const int phase = (p.from + n) / phase_width, channel = (p.from + n) % phase_width;
        if (channel == 0) y = target_of<Number>(s, args, at, phase);
        const int panel = n / nr * nr, panel_width = Tiles<V>::width(p.width - panel);
        const float* m =
            p.m + std::int64_t{panel} * p.block.tiles + std::int64_t{i} * panel_width + (n - panel);
        y.target = static_cast<Number*>(args.target) + channel;
        if (args.residual != nullptr)
          y.residual = static_cast<const Number*>(args.residual) + channel;
        y.count = s.width - channel < lanes ? s.width - channel : lanes;
        const reg bias = args.bias == nullptr ? V::zero() : V::load(args.bias + channel, y.count);
        if constexpr (D::points == 1) {
          pick(y, stream,
               [&](auto how) { block<activation, decltype(how)::value>(m, p.stride, bias, y); });
        } else {
          share<activation>(s, p, m, stream, bias, y,
                            p.sums + sum_floats(1, i * std::int64_t{p.width} + n));
        }
      }
    }
    if (stream) V::fence();
  }

  using Run = void (*)(const WinogradPass&, const WinogradTiles&, const ConvArgs&,
                       const WinogradBlock&) noexcept;
  static Run run_of(const ConvArgs& args) noexcept {
    Run found = nullptr;
    of_type<V>(args.shape.target_type,
               [&](auto number) { found = run_as<decltype(number)>(args.epilogue.activation); });
    return found;
  }
  template <class Number>
  static Run run_as(Activation activation) noexcept {
    switch (activation) {
      case Activation::relu:
        return run<Number, Activation::relu>;
      case Activation::leaky_relu:
        return run<Number, Activation::leaky_relu>;
      case Activation::relu6:
        return run<Number, Activation::relu6>;
      default:
        return run<Number, Activation::none>;
    }
  }
};

}  // namespace
}  // namespace burin::kernels

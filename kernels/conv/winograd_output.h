// The last step of a Winograd convolution: y = act(At M A + bias + residual).
#pragma once

#include "kernels/conv/winograd_plan.h"
#include "kernels/conv/winograd_transform.h"
#include "kernels/conv/winograd_window.h"
#include "kernels/micro/activation.h"

namespace burin::kernels {
namespace {

// Products of a block of tiles for target channels [from, from + width): m[e][panel][tile][panel
// width].
struct WinogradBlock {
  const float* m;
  std::int64_t stride;  // floats from one e to the next
  WinogradTiles::Block block;
  int from, width;
};

template <class V, class F>
struct WinogradOutput {
  using reg = typename V::reg;
  static constexpr int lanes = V::lanes;
  static constexpr int nr = 2 * lanes;

  enum class Store { masked, plain, stream };

  template <Activation activation>
  [[gnu::always_inline]] static reg activate(reg v, const Epilogue& e) noexcept {
    if constexpr (activation == Activation::none) return v;
    if constexpr (activation == Activation::relu) return relu<V>(v);
    if constexpr (activation == Activation::relu6) return relu6<V>(v);
    return leaky_relu<V>(V::set(e.slope), v);
  }

  struct Target {
    float* origin;
    std::int64_t pixel, row;
    const float* residual;  // null: none
    std::int64_t residual_pixel, residual_row;
    int height, width, count;  // valid rows, columns and channels
  };

  template <Activation activation, Store how>
  static void block(const float* m, std::int64_t m_stride, reg bias, const Epilogue& e,
                    const Target& y) noexcept {
    map_2d<V, F::points, F::m>(
        [](const auto& d, auto& r) noexcept { F::template output<V>(d, r); },
        [&](int i, int j) { return V::load(m + (i * F::points + j) * m_stride); },
        [&](int i, int j, reg r) {
          float* to = y.origin + i * y.row + j * y.pixel;
          if (how == Store::masked && (i >= y.height || j >= y.width)) return;
          reg sum = V::add(r, bias);
          if (y.residual != nullptr) {
            const float* from = y.residual + i * y.residual_row + j * y.residual_pixel;
            sum = V::add(sum, how == Store::masked ? V::load(from, y.count) : V::load(from));
          }
          const reg value = activate<activation>(sum, e);
          if constexpr (how == Store::stream)
            V::stream(to, value);
          else if constexpr (how == Store::plain)
            V::store(to, value);
          else
            V::store(to, value, y.count);
        });
  }

  // Stores past the caches save reading what is overwritten: 512x512x64 took 25 ms without, 20
  // with. An output that the next layer may find in L3 is left there.
  static bool streams(const WinogradPass& s, const ConvArgs& args) noexcept {
    constexpr std::int64_t large = std::int64_t{12} << 20;
    const auto address = reinterpret_cast<std::uintptr_t>(args.target);
    return s.batch * s.oh * s.ow * s.width * 4 > large && address % 64 == 0 &&
           args.target_pixel % lanes == 0;
  }

  template <Activation activation>
  static void run(const WinogradPass& s, const WinogradTiles& tiles, const ConvArgs& args,
                  const WinogradBlock& p) noexcept {
    const bool stream = streams(s, args);
    for (int i = 0; i < p.block.tiles; ++i) {
      const auto at = tiles.place(p.block.first + i);
      const int row = at.row * F::m, column = at.column * F::m;
      Target y{};
      y.pixel = args.target_pixel;
      y.row = y.pixel * s.ow;
      y.height = s.oh - row < F::m ? s.oh - row : F::m;
      y.width = s.ow - column < F::m ? s.ow - column : F::m;
      y.residual_pixel = args.residual_pixel;
      y.residual_row = y.residual_pixel * s.ow;
      const std::int64_t pixel = (at.image * s.oh + row) * s.ow + column;
      float* origin = args.target_f32() + pixel * args.target_pixel + p.from;
      const float* residual = args.residual_f32() == nullptr
                                  ? nullptr
                                  : args.residual_f32() + pixel * args.residual_pixel + p.from;
      for (int n = 0; n < p.width; n += lanes) {
        const int panel = n / nr * nr, panel_width = p.width - panel < nr ? lanes : nr;
        const float* m =
            p.m + std::int64_t{panel} * p.block.tiles + std::int64_t{i} * panel_width + (n - panel);
        y.origin = origin + n;
        y.residual = residual == nullptr ? nullptr : residual + n;
        y.count = s.width - p.from - n < lanes ? s.width - p.from - n : lanes;
        const reg bias =
            args.bias == nullptr ? V::zero() : V::load(args.bias + p.from + n, y.count);
        const bool whole = y.height == F::m && y.width == F::m && y.count == lanes;
        if (whole && stream)
          block<activation, Store::stream>(m, p.stride, bias, args.epilogue, y);
        else if (whole)
          block<activation, Store::plain>(m, p.stride, bias, args.epilogue, y);
        else
          block<activation, Store::masked>(m, p.stride, bias, args.epilogue, y);
      }
    }
    if (stream) V::fence();
  }

  using Run = void (*)(const WinogradPass&, const WinogradTiles&, const ConvArgs&,
                       const WinogradBlock&) noexcept;
  static Run run_of(Activation activation) noexcept {
    switch (activation) {
      case Activation::relu:
        return run<Activation::relu>;
      case Activation::leaky_relu:
        return run<Activation::leaky_relu>;
      case Activation::relu6:
        return run<Activation::relu6>;
      default:
        return run<Activation::none>;
    }
  }
};

}  // namespace
}  // namespace burin::kernels

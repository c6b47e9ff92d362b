// What becomes of the sums of a block of tiles: y = act(acc + bias + residual), as f32 or bf16, some
// pixels at a time, so that it hides behind the products of the next block. There it must be lean:
// of 512 instructions in flight, those of a step and its pixels leave room for the loads of the next
// steps only while a pixel takes no more than some 20.
#pragma once

#include "kernels/element.h"
#include "kernels/epilogue.h"
#include "kernels/micro/activation.h"
#include "kernels/tiles/block.h"

namespace burin::kernels {
namespace {

// Where the target channels of a call go. Pixels count from `target`; pixels apart are in elements.
struct TileTarget {
  std::byte* target;
  std::int64_t pixel;
  const std::byte* residual;  // null: none; of the target's type
  std::int64_t residual_pixel;
  const float* bias;  // null: none
  Element type;
  bool stream;  // past the caches: the target is large, its pixels begin at lines
  Epilogue epilogue;
};

template <class E>
class TileFinish {
  using reg = typename E::reg;

 public:
  explicit TileFinish(const TileTarget& target) noexcept
      : t_(target), run_(of_type(target.type == Element::f32)) {}

  // Sums [tile][channel tile] of 1 KiB at c, for pixels `to` (below zero: none; behind them those
  // of the next block) and `columns` target channels from `channel` on. The ones before are
  // finished first. `steps` are what the work is spread over.
  void take(const float* c, const std::int32_t* to, int pixels, int channel, int columns,
            int steps) noexcept {
    flush();
    c_ = c;
    to_ = to;
    pixels_ = pixels;
    channel_ = channel;
    columns_ = columns;
    next_ = 0;
    quota_ = (pixels + steps - 1) / (steps > 0 ? steps : 1);
  }
  [[nodiscard]] bool holds(const float* c) const noexcept { return c == c_ && next_ < pixels_; }
  [[gnu::always_inline]] void operator()() noexcept {
    if (next_ < pixels_) run_(*this, next_ + quota_ < pixels_ ? next_ + quota_ : pixels_);
  }
  void flush() noexcept {
    if (next_ < pixels_) run_(*this, pixels_);
  }
  // All is finished and stored.
  void end() noexcept {
    flush();
    if (t_.stream) E::fence();
  }

 private:
  using Run = void (*)(TileFinish&, int end) noexcept;

  [[nodiscard]] Run of_type(bool f32) const noexcept {
    return f32 ? of_activation<Element::f32>() : of_activation<Element::bf16>();
  }
  template <Element type>
  [[nodiscard]] Run of_activation() const noexcept {
    switch (t_.epilogue.activation) {
      case Activation::relu:
        return of_residual<type, Activation::relu>();
      case Activation::relu6:
        return of_residual<type, Activation::relu6>();
      case Activation::leaky_relu:
        return of_residual<type, Activation::leaky_relu>();
      default:
        return of_residual<type, Activation::none>();
    }
  }
  template <Element type, Activation activation>
  [[nodiscard]] Run of_residual() const noexcept {
    return t_.residual != nullptr ? of_store<type, activation, true>()
                                  : of_store<type, activation, false>();
  }
  template <Element type, Activation activation, bool residual>
  [[nodiscard]] Run of_store() const noexcept {
    return t_.stream ? pixels<type, activation, residual, true>
                     : pixels<type, activation, residual, false>;
  }

  template <Activation activation>
  [[gnu::always_inline]] static reg activate(reg slope, reg v) noexcept {
    if constexpr (activation == Activation::relu) return relu<E>(v);
    if constexpr (activation == Activation::relu6) return relu6<E>(v);
    if constexpr (activation == Activation::leaky_relu) return leaky_relu<E>(slope, v);
    return v;
  }

  // Pixels [next, end).
  template <Element type, Activation activation, bool residual, bool stream>
  static void pixels(TileFinish& f, int end) noexcept {
    constexpr int element = type == Element::f32 ? 4 : 2;
    const TileTarget& t = f.t_;
    const int columns = f.columns_, upper = columns - tile_channels, ahead = f.pixels_;
    const bool wide = upper > 0;
    const std::int64_t pixel = t.pixel * element, residual_pixel = t.residual_pixel * element;
    std::byte* const target = t.target + std::int64_t{f.channel_} * element;
    const std::byte* const add =
        residual ? t.residual + std::int64_t{f.channel_} * element : nullptr;
    const std::int32_t* const to_list = f.to_;
    const reg slope = E::set(t.epilogue.slope);
    reg bias = E::zero(), bias_upper = E::zero();
    if (t.bias != nullptr) {
      bias = E::load(t.bias + f.channel_, columns);
      if (wide) bias_upper = E::load(t.bias + f.channel_ + tile_channels, upper);
    }
    for (int i = f.next_; i < end; ++i) {
      if constexpr (!stream) {
        const std::byte* next = target + to_list[i + ahead] * pixel;
        __builtin_prefetch(next, 1);
        if constexpr (element == 4) __builtin_prefetch(next + 64, 1);
      }
      const std::int64_t to = to_list[i];
      if (to < 0) continue;
      const float* c =
          f.c_ + (i / tile_pixels * (wide ? 2 : 1) * tile_pixels + i % tile_pixels) * tile_channels;
      reg low = E::add(E::load(c), bias);
      reg high = wide ? E::add(E::load(c + tile_bytes / 4), bias_upper) : E::zero();
      if constexpr (residual && type == Element::f32) {
        const auto* r = reinterpret_cast<const float*>(add + to * residual_pixel);
        low = E::add(low, E::load(r, columns));
        if (wide) high = E::add(high, E::load(r + tile_channels, upper));
      } else if constexpr (residual) {
        const auto r = E::load_pair(add + to * residual_pixel, columns);
        low = E::add(low, E::low(r));
        high = E::add(high, E::high(r));
      }
      low = activate<activation>(slope, low);
      high = activate<activation>(slope, high);
      if (stream && columns == 2 * tile_channels) {
        auto* y = target + to * pixel;
        if constexpr (type == Element::f32) {
          E::stream(reinterpret_cast<float*>(y), low);
          E::stream(reinterpret_cast<float*>(y) + tile_channels, high);
        } else {
          E::stream_pair(y, E::round(low, high));
        }
      } else if constexpr (type == Element::f32) {
        auto* y = reinterpret_cast<float*>(target + to * pixel);
        E::store(y, low, columns);
        if (wide) E::store(y + tile_channels, high, upper);
      } else {
        E::store_pair(target + to * pixel, E::round(low, high), columns);
      }
    }
    f.next_ = end;
  }

  const TileTarget& t_;
  Run run_;
  const float* c_ = nullptr;
  const std::int32_t* to_ = nullptr;
  int pixels_ = 0, next_ = 0, quota_ = 1;
  int channel_ = 0, columns_ = 0;
};

}  // namespace
}  // namespace burin::kernels

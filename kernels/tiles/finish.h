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
  // How target channels are stored: 32 of them, 32 past the caches, or fewer.
  enum class Store { whole, stream, part };

 public:
  explicit TileFinish(const TileTarget& target) noexcept
      : t_(target),
        whole_(of_type(target.stream ? Store::stream : Store::whole)),
        part_(of_type(Store::part)) {}

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
    run_ = columns == 2 * tile_channels ? whole_ : part_;
    if (t_.bias == nullptr) return;
    E::store(bias_, E::load(t_.bias + channel, columns));
    if (columns > tile_channels)
      E::store(bias_ + tile_channels,
               E::load(t_.bias + channel + tile_channels, columns - tile_channels));
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

  [[nodiscard]] Run of_type(Store store) const noexcept {
    return t_.type == Element::f32 ? of_activation<Element::f32>(store)
                                   : of_activation<Element::bf16>(store);
  }
  template <Element type>
  [[nodiscard]] Run of_activation(Store store) const noexcept {
    switch (t_.epilogue.activation) {
      case Activation::relu:
        return of_residual<type, Activation::relu>(store);
      case Activation::relu6:
        return of_residual<type, Activation::relu6>(store);
      case Activation::leaky_relu:
        return of_residual<type, Activation::leaky_relu>(store);
      default:
        return of_residual<type, Activation::none>(store);
    }
  }
  template <Element type, Activation activation>
  [[nodiscard]] Run of_residual(Store store) const noexcept {
    return t_.residual != nullptr ? of_store<type, activation, true>(store)
                                  : of_store<type, activation, false>(store);
  }
  template <Element type, Activation activation, bool residual>
  [[nodiscard]] static Run of_store(Store store) noexcept {
    if (store == Store::stream) return pixels<type, activation, residual, Store::stream>;
    return store == Store::whole ? pixels<type, activation, residual, Store::whole>
                                 : pixels<type, activation, residual, Store::part>;
  }

  template <Activation activation>
  [[gnu::always_inline]] static reg activate(reg slope, reg v) noexcept {
    if constexpr (activation == Activation::relu) return relu<E>(v);
    if constexpr (activation == Activation::relu6) return relu6<E>(v);
    if constexpr (activation == Activation::leaky_relu) return leaky_relu<E>(slope, v);
    return v;
  }

  // Pixels [next, end).
  template <Element type, Activation activation, bool residual, Store store>
  static void pixels(TileFinish& f, int end) noexcept {
    constexpr int element = type == Element::f32 ? 4 : 2;
    const TileTarget& t = f.t_;
    const int columns = store == Store::part ? f.columns_ : 2 * tile_channels;
    const int upper = columns - tile_channels, ahead = f.pixels_;
    const bool wide = upper > 0;
    const std::int64_t pixel = t.pixel * element, residual_pixel = t.residual_pixel * element;
    std::byte* const target = t.target + std::int64_t{f.channel_} * element;
    const std::byte* const add =
        residual ? t.residual + std::int64_t{f.channel_} * element : nullptr;
    const std::int32_t* const to_list = f.to_;
    const float* const sums = f.c_;
    const reg slope = E::set(t.epilogue.slope);
    const reg bias = E::load(f.bias_), bias_upper = E::load(f.bias_ + tile_channels);
    for (int i = f.next_; i < end; ++i) {
      if constexpr (store != Store::stream) {
        const std::byte* next = target + to_list[i + ahead] * pixel;
        __builtin_prefetch(next, 1);
        if constexpr (element == 4) __builtin_prefetch(next + 64, 1);
      }
      const std::int64_t to = to_list[i];
      if (to < 0) continue;
      // Row i % 16 of tile i / 16; a second tile of channels doubles what lies before.
      const float* c = sums + (i + (wide ? i & -tile_pixels : 0)) * std::int64_t{tile_channels};
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
      auto* const y = target + to * pixel;
      if constexpr (type == Element::f32) {
        auto* const numbers = reinterpret_cast<float*>(y);
        if constexpr (store == Store::stream) {
          E::stream(numbers, low);
          E::stream(numbers + tile_channels, high);
        } else {
          E::store(numbers, low, columns);
          if (wide) E::store(numbers + tile_channels, high, upper);
        }
      } else if constexpr (store == Store::stream) {
        E::stream_pair(y, E::round(low, high));
      } else {
        E::store_pair(y, E::round(low, high), columns);
      }
    }
    f.next_ = end;
  }

  const TileTarget& t_;
  Run whole_, part_, run_ = nullptr;
  const float* c_ = nullptr;
  const std::int32_t* to_ = nullptr;
  int pixels_ = 0, next_ = 0, quota_ = 1;
  int channel_ = 0, columns_ = 0;
  float bias_[2 * tile_channels] = {};  // of the target channels
};

}  // namespace
}  // namespace burin::kernels

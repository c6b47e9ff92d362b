// What becomes of the sums of a block of tiles: y = act(acc + bias + residual), as f32 or bf16, a
// pixel at a time, so that it can be spread over the products of the next block.
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
  Epilogue epilogue;
};

template <class E>
class TileFinish {
  using reg = typename E::reg;

 public:
  explicit TileFinish(const TileTarget& target) noexcept : t_(target) {}

  // Sums [tile][channel tile] of 1 KiB at c, for pixels `to` (below zero: none) and `columns` target
  // channels from `channel` on. The ones before are finished first. `steps` are what the work is
  // spread over.
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
  [[gnu::always_inline]] void operator()() noexcept {
    const int end = next_ + quota_ < pixels_ ? next_ + quota_ : pixels_;
    for (; next_ < end; ++next_) pixel(next_);
  }
  void flush() noexcept {
    for (; next_ < pixels_; ++next_) pixel(next_);
  }

 private:
  [[gnu::always_inline]] void pixel(int i) noexcept {
    const std::int64_t to = to_[i];
    if (to < 0) return;
    const bool wide = columns_ > tile_channels;
    const float* c =
        c_ + i / tile_pixels * ((wide ? 2 : 1) * tile_bytes / 4) + i % tile_pixels * tile_channels;
    if (t_.type == Element::f32) {
      f32(c, to, 0, columns_ < tile_channels ? columns_ : tile_channels);
      if (wide) f32(c + tile_bytes / 4, to, tile_channels, columns_ - tile_channels);
    } else {
      bf16(c, to, wide);
    }
  }

  [[gnu::always_inline]] reg start(const float* c, int channel, int count) const noexcept {
    const reg sum = E::load(c);
    if (t_.bias == nullptr) return sum;
    return E::add(sum, E::load(t_.bias + channel_ + channel, count));
  }
  [[gnu::always_inline]] reg activate(reg v) const noexcept {
    switch (t_.epilogue.activation) {
      case Activation::relu:
        return relu<E>(v);
      case Activation::relu6:
        return relu6<E>(v);
      case Activation::leaky_relu:
        return leaky_relu<E>(E::set(t_.epilogue.slope), v);
      default:
        return v;
    }
  }

  [[gnu::always_inline]] void f32(const float* c, std::int64_t to, int channel,
                                  int count) const noexcept {
    reg sum = start(c, channel, count);
    if (t_.residual != nullptr) {
      const auto* residual = reinterpret_cast<const float*>(t_.residual);
      sum = E::add(sum, E::load(residual + to * t_.residual_pixel + channel_ + channel, count));
    }
    float* y = reinterpret_cast<float*>(t_.target) + to * t_.pixel + channel_ + channel;
    if (count == tile_channels)
      E::store(y, activate(sum));
    else
      E::store(y, activate(sum), count);
  }

  [[gnu::always_inline]] void bf16(const float* c, std::int64_t to, bool wide) const noexcept {
    reg low = start(c, 0, columns_);
    reg high =
        wide ? start(c + tile_bytes / 4, tile_channels, columns_ - tile_channels) : E::zero();
    if (t_.residual != nullptr) {
      const auto r = E::load_pair(t_.residual + 2 * (to * t_.residual_pixel + channel_), columns_);
      low = E::add(low, E::low(r));
      high = E::add(high, E::high(r));
    }
    const auto y = E::round(activate(low), activate(high));
    std::byte* at = t_.target + 2 * (to * t_.pixel + channel_);
    if (columns_ == 2 * tile_channels)
      E::store_pair(at, y);
    else
      E::store_pair(at, y, columns_);
  }

  const TileTarget& t_;
  const float* c_ = nullptr;
  const std::int32_t* to_ = nullptr;
  int pixels_ = 0, next_ = 0, quota_ = 1;
  int channel_ = 0, columns_ = 0;
};

}  // namespace
}  // namespace burin::kernels

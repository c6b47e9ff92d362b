// Fills the staged pixels of tiles_weight_plan.h: two pixels of 16 channels are one line of 64
// bytes, the numbers of each channel side by side.
#pragma once

#include "kernels/conv/tiles_weight_plan.h"

namespace burin::kernels {
namespace {

// Where a line of pixels goes: the first pair of its first channel tile, in bytes.
struct TilesPairs {
  std::byte* to;
  std::int64_t tile, low;  // to the next channel tile; from hi to lo
};

// Pixels of a line that exist: those of [first, last), `step` bytes apart from `from` on.
struct TilesRow {
  const std::byte* from;
  std::int64_t step;
  std::int64_t first, last;
};

template <class E>
class TilesWeightStage {
 public:
  TilesWeightStage(Element type, int planes, int channels) noexcept
      : type_(type), planes_(planes), channels_(channels) {}

  // The first `pairs` pairs of a line, zeros where no pixel is.
  void line(const TilesRow& row, std::int64_t pairs, const TilesPairs& to) const noexcept {
    if (type_ == Element::bf16)
      fill<Element::bf16, false>(row, pairs, to);
    else if (planes_ == 2)
      fill<Element::f32, true>(row, pairs, to);
    else
      fill<Element::f32, false>(row, pairs, to);
  }

  // Zeros in pairs [first, last) of a line.
  void clear(const TilesPairs& to, std::int64_t first, std::int64_t last) const noexcept {
    for (int c = 0; c < channels_; c += tile_channels)
      for (int plane = 0; plane < planes_; ++plane)
        for (std::int64_t i = first; i < last; ++i)
          E::store_pair(to.to + c / tile_channels * to.tile + plane * to.low + i * 64,
                        E::zero_pair());
  }

  // Pairs that begin at odd pixels, `odd` bytes behind those that begin at even ones.
  void shift(const TilesPairs& even, std::int64_t odd, std::int64_t pairs) const noexcept {
    for (int c = 0; c < channels_; c += tile_channels)
      for (int plane = 0; plane < planes_; ++plane) {
        std::byte* at = even.to + c / tile_channels * even.tile + plane * even.low;
        auto now = E::load_pair(at);
        for (std::int64_t i = 0; i < pairs; ++i, at += 64) {
          const auto next = E::load_pair(at + 64);
          E::store_pair(at + odd, E::between(now, next));
          now = next;
        }
      }
  }

  // Tiles of 16 pairs x 16 channels become 16 channels x 16 pairs.
  void turn(const TilesPairs& at, std::int64_t tiles) const noexcept {
    for (int c = 0; c < channels_; c += tile_channels)
      for (int plane = 0; plane < planes_; ++plane)
        for (std::int64_t i = 0; i < tiles; ++i)
          E::transpose(at.to + c / tile_channels * at.tile + plane * at.low + i * tile_bytes);
  }

 private:
  template <Element type, bool split>
  void fill(const TilesRow& row, std::int64_t pairs, const TilesPairs& to) const noexcept {
    const std::int64_t whole = (row.first + 1) / 2, whole_end = row.last / 2;
    for (std::int64_t i = 0; i < pairs; ++i) {
      const std::byte* a = row.from + (2 * i - row.first) * row.step;
      std::byte* at = to.to + i * 64;
      if (i >= whole && i < whole_end) {
        fetch(a, row.step);
        pixels<type, split>(a, a + row.step, channels_, channels_, at, to);
      } else {
        const bool first = 2 * i >= row.first && 2 * i < row.last;
        const bool second = 2 * i + 1 >= row.first && 2 * i + 1 < row.last;
        pixels<type, split>(first ? a : row.from, second ? a + row.step : row.from,
                            first ? channels_ : 0, second ? channels_ : 0, at, to);
      }
    }
  }

  // Two pixels some hundred cycles ahead.
  [[gnu::always_inline]] void fetch(const std::byte* from, std::int64_t step) const noexcept {
    for (std::int64_t i = 0; i < channels_ * bytes_of(type_); i += 64) {
      __builtin_prefetch(from + 24 * step + i);
      __builtin_prefetch(from + 25 * step + i);
    }
  }

  // Pixels a and b of which so many channels exist.
  template <Element type, bool split>
  [[gnu::always_inline]] void pixels(const std::byte* a, const std::byte* b, int a_count,
                                     int b_count, std::byte* at,
                                     const TilesPairs& to) const noexcept {
    constexpr int step = tile_channels * bytes_of(type);
    for (int c = 0; c < channels_; c += tile_channels, a += step, b += step, at += to.tile) {
      const int a_left = a_count > c ? a_count - c : 0, b_left = b_count > c ? b_count - c : 0;
      const bool full = a_left >= tile_channels && b_left >= tile_channels;
      if constexpr (type == Element::bf16) {
        constexpr int most = tile_channels;
        const auto low = E::load_pair(a, a_left < most ? a_left : most),
                   high = E::load_pair(b, b_left < most ? b_left : most);
        E::store_pair(at, E::zip(low, high));
      } else {
        const auto *x = reinterpret_cast<const float*>(a), *y = reinterpret_cast<const float*>(b);
        const auto low = full ? E::load(x) : E::load(x, a_left),
                   high = full ? E::load(y) : E::load(y, b_left);
        const auto top = E::zip(E::round(low, high));
        E::store_pair(at, top);
        if constexpr (split)
          E::store_pair(at + to.low,
                        E::zip(E::round(E::sub(low, E::first(top)), E::sub(high, E::second(top)))));
      }
    }
  }

  Element type_;
  int planes_, channels_;
};

}  // namespace
}  // namespace burin::kernels

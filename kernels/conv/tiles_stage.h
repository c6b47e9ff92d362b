// Fills the staged source of tiles_plan.h: rows of an image as bf16 in planes of 32 channels.
#pragma once

#include "kernels/conv/tiles_plan.h"

namespace burin::kernels {
namespace {

// The source of one image and group.
struct TilesSource {
  const std::byte* pixels;
  std::int64_t pixel;  // bytes from one to the next
};

template <class E>
class TilesStage {
 public:
  // `planes` begins with position (d_first, h_first) of the target.
  TilesStage(const TilesPlan& plan, std::byte* planes) noexcept
      : p_(plan),
        planes_(planes),
        plane_bytes_(plan.plane_bytes(plan.memory_d(), plan.memory_h())) {
    for (int i = 0; i < 3; ++i) {
      const int count = i == 0 ? plan.memory_d() : (i == 1 ? plan.memory_h() : plan.positions[2]);
      size_[i] = plan.staged_size(i, count);
    }
  }

  void begin_at(std::byte* planes) noexcept { planes_ = planes; }
  [[nodiscard]] std::int64_t plane_bytes() const noexcept { return plane_bytes_; }
  [[nodiscard]] const std::byte* planes() const noexcept { return planes_; }
  // Pixels from the first to (sub-image, d, h, 0).
  [[nodiscard]] std::int64_t at(int sub, int d, int h) const noexcept {
    return ((std::int64_t{sub} * size_[0] + d) * size_[1] + h) * size_[2];
  }
  [[nodiscard]] int width() const noexcept { return size_[2]; }

  // Line (d, h) of every sub-image into memory line (to_d, to_h).
  void line(const TilesSource& source, int d, int h, int to_d, int to_h) noexcept {
    int sub = 0;
    for (int sd = 0; sd < p_.staged[0].subs; ++sd)
      for (int sh = 0; sh < p_.staged[1].subs; ++sh) {
        const int from_d = d * p_.staged[0].step + sd + p_.staged[0].origin;
        const int from_h = h * p_.staged[1].step + sh + p_.staged[1].origin;
        const bool inside =
            from_d >= 0 && from_d < p_.axis[0].source && from_h >= 0 && from_h < p_.axis[1].source;
        for (int sw = 0; sw < p_.staged[2].subs; ++sw, ++sub)
          row(inside ? source.pixels + (std::int64_t{from_d} * p_.axis[1].source + from_h) *
                                           p_.axis[2].source * source.pixel
                     : nullptr,
              source.pixel, sw, planes_ + at(sub, to_d, to_h) * 64);
      }
  }

  // Lines [first, first + count) of the outer axis to its beginning.
  void move_down(int first, int count) noexcept {
    const std::int64_t line = std::int64_t{p_.outer == 0 ? size_[1] : 1} * size_[2] * 64;
    const std::int64_t sub_bytes = std::int64_t{size_[0]} * size_[1] * size_[2] * 64;
    for (int plane = 0; plane < p_.c_blocks * p_.a_planes; ++plane)
      for (int sub = 0; sub < p_.subs(); ++sub) {
        std::byte* to = planes_ + plane * plane_bytes_ + sub * sub_bytes;
        const std::byte* from = to + first * line;
        for (std::int64_t i = 0; i < count * line; i += 64)
          E::store_pair(to + i, E::load_pair(from + i));
      }
  }

 private:
  // A row of sub-image `sub` of axis w; null: outside.
  void row(const std::byte* from, std::int64_t pixel, int sub, std::byte* to) noexcept {
    const TilesAxis& a = p_.staged[2];
    const int step = a.step, shift = sub + a.origin, source = p_.axis[2].source;
    std::int64_t first = shift < 0 ? ceil_div(-shift, step) : 0;
    std::int64_t last = source > shift ? ceil_div(source - shift, step) : 0;
    first = at_most(first, size_[2]);
    last = at_least(first, at_most(last, size_[2]));
    if (from == nullptr) first = last = size_[2];
    clear(to, first);
    clear(to + last * 64, size_[2] - last);
    if (first == last) return;
    from += (first * step + shift) * pixel;
    to += first * 64;
    if (p_.shape.source_type == Element::bf16)
      copy(from, step * pixel, last - first, to);
    else if (p_.a_planes == 2)
      convert<true>(from, step * pixel, last - first, to);
    else
      convert<false>(from, step * pixel, last - first, to);
  }

  void clear(std::byte* to, std::int64_t pixels) const noexcept {
    for (int plane = 0; plane < p_.c_blocks * p_.a_planes; ++plane)
      for (std::int64_t i = 0; i < pixels; ++i)
        E::store_pair(to + plane * plane_bytes_ + i * 64, E::zero_pair());
  }

  // A pixel some hundred cycles ahead, of so many pairs of bytes.
  [[gnu::always_inline]] static void fetch(const std::byte* from, std::int64_t step,
                                           int pairs) noexcept {
    for (int i = 0; i < 2 * pairs; i += 64) __builtin_prefetch(from + 24 * step + i);
  }

  void copy(const std::byte* from, std::int64_t step, std::int64_t pixels,
            std::byte* to) const noexcept {
    if (p_.c_blocks == 1) {
      const int depth = p_.depth;
      for (std::int64_t i = 0; i < pixels; ++i, from += step, to += 64) {
        fetch(from, step, tile_depth);
        E::store_pair(to, E::load_pair(from, depth));
      }
      return;
    }
    for (std::int64_t i = 0; i < pixels; ++i, from += step, to += 64) {
      fetch(from, step, p_.depth);
      for (int cb = 0; cb < p_.c_blocks; ++cb) {
        const int left = p_.depth - cb * tile_depth;
        const std::byte* x = from + cb * 64;
        E::store_pair(to + cb * plane_bytes_,
                      left >= tile_depth ? E::load_pair(x) : E::load_pair(x, left));
      }
    }
  }

  template <bool split>
  void convert(const std::byte* from, std::int64_t step, std::int64_t pixels,
               std::byte* to) const noexcept {
    const int whole = p_.depth / tile_depth, left = p_.depth % tile_depth;
    const std::int64_t next = (split ? 2 : 1) * plane_bytes_;
    for (std::int64_t i = 0; i < pixels; ++i, from += step, to += 64) {
      const auto* x = reinterpret_cast<const float*>(from);
      fetch(from, step, 2 * p_.depth);
      std::byte* y = to;
      for (int cb = 0; cb < whole; ++cb, x += tile_depth, y += next)
        store<split>(E::load(x), E::load(x + E::lanes), y);
      if (left > 0)
        store<split>(E::load(x, left),
                     left > E::lanes ? E::load(x + E::lanes, left - E::lanes) : E::zero(), y);
    }
  }
  template <bool split>
  [[gnu::always_inline]] void store(typename E::reg a, typename E::reg b,
                                    std::byte* to) const noexcept {
    const auto high = E::round(a, b);
    E::store_pair(to, high);
    if constexpr (split)
      E::store_pair(to + plane_bytes_, E::round(E::sub(a, E::low(high)), E::sub(b, E::high(high))));
  }

  const TilesPlan& p_;
  std::byte* planes_;
  std::int64_t plane_bytes_;
  int size_[3];
};

}  // namespace
}  // namespace burin::kernels

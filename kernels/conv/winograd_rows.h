// Windows of an image mapped for the tiles of a row together: out = T window T^t for every tile.
//
// Windows of neighbours overlap. T is applied down the columns of pixels first, once for each
// column of the row of tiles, and what it gives is kept in a buffer; then T is applied along the
// rows of that, tile by tile. Window by window, a third of the first step would be done twice, registers
// would not hold a window, and rows of 2^n bytes, each read in six pieces, would push each other
// out of L1: at 128x128x128 with 64 channels that took twice as long.
#pragma once

#include <cstdint>

#include "kernels/conv/winograd_plan.h"
#include "kernels/micro/tile.h"

namespace burin::kernels {
namespace {

// An image with channels last, as the windows of tiles see it.
template <class Number>
struct WinogradImage {
  const Number* pixels;
  std::int64_t pixel;  // numbers from one to the next
  int channels;        // those behind count as zero
  WinogradSize size, before;
  int tile_slices;  // of a phase, from one tile to the next
  int step;         // between pixels of a phase or grid, along rows and columns
  int slice_step;   // between slices of a phase
};

// Where numbers go: number e of tile i to first + e * points + i * tiles.
template <class Number>
struct WinogradPlace {
  Number* first;
  std::int64_t points, tiles;
};

// Windows of size x size pixels of a phase or grid, `move` apart, some of which may lie outside of
// the image; each pixel is the sum of `slices` pixels of as many slices, with their factors. T maps
// `size` numbers to `to`.
template <class V, class Number, int size, int move, int to, int slices>
class WinogradRows {
  using reg = typename V::reg;
  static constexpr int lanes = V::lanes;
  static constexpr int overlap = size - move;
  static constexpr std::int64_t lanes_bytes = std::int64_t{sizeof(float)} * lanes;
  static constexpr std::int64_t buffer_bytes = 256 * 1024;  // in L2, beside V
  static_assert(overlap >= 0 && overlap <= move);

 public:
  static constexpr int most = tile_rows<V>;  // tiles at once

 private:
  // Columns of a line of the buffer; odd, as all of its strides.
  static constexpr int buffer_columns = (most * move + overlap) | 1;
  static constexpr int lines =
      static_cast<int>(at_least(1, buffer_bytes / (to * buffer_columns * lanes_bytes)));
  static constexpr std::int64_t buffer_row =
      odd_lines<float>(std::int64_t{lines} * buffer_columns * lanes);

 public:
  // Of the buffer: [row][line of channels][column][lane]
  static constexpr std::int64_t staged_floats = to * buffer_row;

  // `tiles` tiles from `at` to the right, no more than `most`. `factors` of the `all` slices of a
  // window, no more than `slices` of which are not zero.
  template <int all>
  WinogradRows(const WinogradImage<Number>& image, const WinogradTiles::Place& at, int tiles,
               int phase, const float (&factors)[all]) noexcept
      : image_(image),
        column_(image.step * image.pixel),
        row_(column_ * image.size.w),
        tiles_(tiles) {
    const int step = image.step;
    const WinogradSize offset = phase_offset(phase, step);
    const int z = at.slice * image.tile_slices * image.slice_step + offset.d - image.before.d;
    const int y = at.row * move * step + offset.h - image.before.h;
    const int x = at.column * move * step + offset.w - image.before.w;
    origin_ = (((at.image * image.size.d + z) * image.size.h + y) * image.size.w + x) * image.pixel;
    top_ = clamp(-y, size);
    bottom_ = clamp(image.size.h - y, size);
    left_ = clamp(-x, tiles * move + overlap);
    right_ = clamp(image.size.w - x, tiles * move + overlap);
    sum_slices(factors, z);
  }

  // Channels [from, from + count), a multiple of the lanes; lanes channels from `from` + c go to
  // place(c).
  template <class Map, class Place>
  void map(int from, int count, Map map, Place place, float* staged) const noexcept {
    const int all = count / lanes, parts = (all + lines - 1) / lines;
    for (int part = 0; part < parts; ++part) {
      const int first = all * part / parts, end = all * (part + 1) / parts;
      for (int j = 0; j < tiles_ * move + overlap; ++j)
        down(j, from + first * lanes, end - first, map, staged + j * lanes);
      for (int i = 0; i < to; ++i)
        for (int line = first; line < end; ++line) {
          const auto out = place(line * lanes);
          along(staged + i * buffer_row + std::int64_t{line - first} * buffer_columns * lanes, map,
                out.first + i * to * out.points, out);
        }
    }
  }

 private:
  // Rounded up to whole steps, within [0, most]; most steps are 1 or 2, and a division takes long.
  [[nodiscard]] int clamp(int v, int end) const noexcept {
    const int step = image_.step;
    v = step <= 2 ? (v + step - 1) >> (step - 1) : (v + step - 1) / step;
    return v < 0 ? 0 : (v > end ? end : v);
  }

  // Slices outside of the image get factor 0 and the place of one inside.
  template <int all>
  void sum_slices(const float (&factors)[all], int z) noexcept {
    const std::int64_t slice = std::int64_t{image_.size.h} * image_.size.w * image_.pixel;
    const int last = image_.size.d - 1;
    for (int k = 0; k < slices; ++k) {
      slice_[k] = ((z < 0 ? 0 : (z > last ? last : z)) - z) * slice;
      factor_[k] = 0;
    }
    for (int k = 0, n = 0; k < all; ++k) {
      const int behind = k * image_.slice_step;
      if (factors[k] == 0 || z + behind < 0 || z + behind > last) continue;
      slice_[n] = behind * slice;
      factor_[n++] = factors[k];
    }
  }

  // T down column j, for `count` lines of channels.
  template <class Map>
  void down(int j, int channel, int count, Map map, float* out) const noexcept {
    constexpr std::int64_t line = std::int64_t{buffer_columns} * lanes;
    if (j < left_ || j >= right_) {
      for (int i = 0; i < to; ++i)
        for (int n = 0; n < count; ++n) V::store(out + i * buffer_row + n * line, V::zero());
      return;
    }
    const Number* at = image_.pixels + origin_ + j * column_ + channel;
    const bool whole = top_ == 0 && bottom_ == size;
    int left = image_.channels - channel;
    for (int n = 0; n < count; ++n, at += lanes, out += line, left -= lanes) {
      if (whole && left >= lanes)
        column<true>(at, lanes, map, out);
      else
        column<false>(at, left < 0 ? 0 : left, map, out);
    }
  }
  // `inside`: all rows are, and all lanes are channels.
  template <bool inside, class Map>
  [[gnu::always_inline]] void column(const Number* at, int channels, Map map,
                                     float* out) const noexcept {
    reg d[size], t[to];
#pragma GCC unroll 8
    for (int i = 0; i < size; ++i)
      d[i] =
          inside || (i >= top_ && i < bottom_) ? pixel<inside>(at + i * row_, channels) : V::zero();
    map(d, t);
#pragma GCC unroll 8
    for (int i = 0; i < to; ++i) V::store(out + i * buffer_row, t[i]);
  }
  template <bool inside>
  [[gnu::always_inline]] reg pixel(const Number* at, int channels) const noexcept {
    const auto read = [&](const Number* from) noexcept {
      return inside || channels >= lanes ? V::load(from) : V::load(from, channels);
    };
    if constexpr (slices == 1) return read(at);
    reg sum = V::mul(V::set(factor_[0]), read(at + slice_[0]));
#pragma GCC unroll 8
    for (int k = 1; k < slices; ++k) sum = V::mac(V::set(factor_[k]), read(at + slice_[k]), sum);
    return sum;
  }

  // T along a row, tile by tile.
  template <class Map, class Out>
  void along(const float* staged, Map map, Out* out,
             const WinogradPlace<Out>& place) const noexcept {
    reg d[size], t[to];
#pragma GCC unroll 8
    for (int j = 0; j < overlap; ++j) d[j] = V::load(staged + j * lanes);
    for (int i = 0; i < tiles_; ++i, staged += move * lanes, out += place.tiles) {
#pragma GCC unroll 8
      for (int j = overlap; j < size; ++j) d[j] = V::load(staged + j * lanes);
      map(d, t);
#pragma GCC unroll 8
      for (int j = 0; j < to; ++j) V::store(out + j * place.points, t[j]);
#pragma GCC unroll 8
      for (int j = 0; j < overlap; ++j) d[j] = d[j + move];
    }
  }

  const WinogradImage<Number> image_;
  std::int64_t origin_;  // of the first slice; may lie outside of the image
  std::int64_t column_, row_;
  int tiles_;
  int top_, bottom_, left_, right_;  // rows [top, bottom), columns [left, right) are inside
  std::int64_t slice_[slices];       // from the first
  float factor_[slices];
};

}  // namespace
}  // namespace burin::kernels

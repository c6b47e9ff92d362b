// Weight gradient on tiles of bf16: any kernel, stride, dilation and padding, 2-D and 3-D. Split:
// each factor is hi + lo, and the results hold f32's 3e-5.
//
// A task (tiles_weight_plan.h) walks its strips a window at a time: it stages the lines that are
// new, then multiplies: the sums of two channel tiles of dy and two of x or two kernel points, over
// the window, are in registers.
#pragma once

#include "kernels/conv/tiles_weight_block.h"
#include "kernels/conv/tiles_weight_stage.h"

namespace burin::kernels {
namespace {

template <class E, int planes>
class TilesWeightRun {
  using Plan = TilesWeightPlan;
  using Stage = TilesWeightStage<E>;

 public:
  // x, dy, steps of dy and of x for each outer shift, kernel points.
  [[nodiscard]] static std::int64_t workspace_bytes(const Plan& p) noexcept {
    const std::int64_t steps = std::int64_t{p.length} * p.chunks;
    return p.x_bytes() + p.dy_bytes() + 4 * (steps * (2 + p.extra()) + 2 * p.taps);
  }

  TilesWeightRun(const ConvWeightArgs& args, const Plan& plan, void* workspace) noexcept
      : args_(args), p_(plan) {
    auto* at = static_cast<std::byte*>(workspace);
    x_ = at;
    dy_ = x_ + p_.x_bytes();
    a_at_ = reinterpret_cast<std::int32_t*>(dy_ + p_.dy_bytes());
    b_at_ = a_at_ + std::int64_t{p_.length} * p_.chunks;
    point_at_ = b_at_ + std::int64_t{p_.length} * p_.chunks * (1 + p_.extra());
    point_outer_ = point_at_ + p_.taps;
    list_points();
  }

  void task(std::int64_t index, float* sums) noexcept {
    const std::int64_t part = index % p_.partials, rest = index / p_.partials;
    select(rest / p_.c_ranges / p_.o_ranges, rest / p_.o_ranges % p_.c_ranges, rest % p_.o_ranges);
    sums_ = sums;
    const std::int64_t last = part_first(p_.strips(), p_.partials, part + 1);
    const std::int64_t along = p_.positions[p_.outer];
    std::int64_t staged_end = 0;  // of the outer axis, counted as dy is
    clear_ends();
    bool add = false;
    for (std::int64_t at = part_first(p_.strips(), p_.partials, part); at < last; add = true) {
      std::int64_t end = at_most(last, at + p_.length), first_slot = at;
      if (p_.extra() == 0) {
        for (std::int64_t s = at; s < end; ++s) stage_x(s / along, s % along, s);
      } else {
        end = at_most(end, (at / along + 1) * along);
        first_slot = at % along;
        if (!add || first_slot == 0) staged_end = first_slot;
        for (; staged_end < first_slot + (end - at) + p_.extra(); ++staged_end)
          stage_x(at / along, staged_end, staged_end);
      }
      for (std::int64_t s = at; s < end; ++s) stage_dy(s / along, s % along, s - at);
      list_steps(first_slot, end - at);
      multiply(add);
      at = end;
    }
  }

 private:
  // Channels of a task in an image.
  struct Source {
    const std::byte* pixels;
    std::int64_t pixel;  // bytes from one to the next
    Element type;
    int channels;
    [[nodiscard]] Stage stage() const noexcept { return {type, planes, channels}; }
  };

  void select(std::int64_t group, std::int64_t c_range, std::int64_t o_range) noexcept {
    const ConvShape& s = p_.shape;
    const std::int64_t c = part_first(p_.c_tiles, p_.c_ranges, c_range) * tile_channels,
                       o = part_first(p_.o_tiles, p_.o_ranges, o_range) * tile_channels;
    const std::int64_t c_end = part_first(p_.c_tiles, p_.c_ranges, c_range + 1) * tile_channels,
                       o_end = part_first(p_.o_tiles, p_.o_ranges, o_range + 1) * tile_channels;
    const int x_bytes = bytes_of(s.source_type), dy_bytes = bytes_of(s.target_type);
    x_source_ = {static_cast<const std::byte*>(args_.x) + (group * p_.c + c) * x_bytes,
                 args_.x_pixel * x_bytes, s.source_type,
                 static_cast<int>(at_most(p_.c, c_end) - c)};
    dy_source_ = {static_cast<const std::byte*>(args_.dy) + (group * p_.oc + o) * dy_bytes,
                  args_.dy_pixel * dy_bytes, s.target_type,
                  static_cast<int>(at_most(p_.oc, o_end) - o)};
  }

  // Of sub-image `sub` of the strip in `slot`.
  [[nodiscard]] TilesPairs x_pairs(std::int64_t slot, std::int64_t sub) const noexcept {
    return {x_ + slot % p_.slots * p_.slot_bytes() + sub * p_.sub_pairs * 64,
            planes * p_.parities * p_.x_plane(), p_.parities * p_.x_plane()};
  }
  [[nodiscard]] TilesPairs dy_pairs(std::int64_t strip) const noexcept {
    return {dy_ + strip * p_.chunks * tile_bytes, planes * p_.dy_plane(), p_.dy_plane()};
  }

  // What the last step of a run reads behind the lines of a sub-image.
  void clear_ends() noexcept {
    const Stage stage = x_source_.stage();
    for (std::int64_t slot = 0; slot < p_.slots; ++slot)
      for (std::int64_t sub = 0; sub < p_.subs(); ++sub) {
        TilesPairs to = x_pairs(slot, sub);
        for (int parity = 0; parity < p_.parities; ++parity, to.to += p_.x_plane())
          stage.clear(to, std::int64_t{p_.lines} * p_.pitch / 2, p_.sub_pairs);
      }
  }

  // Strip `place` of the outer axis, of an image and band, into a slot.
  void stage_x(std::int64_t image_band, std::int64_t place, std::int64_t slot) noexcept {
    const std::int64_t image = image_band / p_.bands;
    const std::int64_t row = part_first(p_.positions[1], p_.bands, image_band % p_.bands);
    const Stage stage = x_source_.stage();
    std::int64_t sub = 0;
    for (int d = 0; d < p_.staged[0].subs; ++d)
      for (int h = 0; h < p_.staged[1].subs; ++h)
        for (int w = 0; w < p_.staged[2].subs; ++w, ++sub) {
          TilesPairs to = x_pairs(slot, sub);
          for (int line = 0; line < p_.lines; ++line, to.to += p_.pitch / 2 * 64)
            stage.line(x_row(image, p_.outer == 0 ? place : 0, p_.outer == 0 ? row + line : place,
                             {d, h, w}),
                       p_.pitch / 2, to);
          if (p_.parities == 2)
            stage.shift(x_pairs(slot, sub), p_.x_plane(), std::int64_t{p_.lines} * p_.pitch / 2);
        }
  }

  // Position (d, h) of a sub-image.
  struct Sub {
    int d, h, w;
  };
  [[nodiscard]] TilesRow x_row(std::int64_t image, std::int64_t d, std::int64_t h,
                               const Sub& sub) const noexcept {
    const TilesAxis* staged = p_.staged;
    const std::int64_t from_d = d * staged[0].step + sub.d + staged[0].origin,
                       from_h = h * staged[1].step + sub.h + staged[1].origin;
    const DirectAxis* axis = p_.axis;
    const std::int64_t step = staged[2].step, shift = sub.w + staged[2].origin;
    if (from_d < 0 || from_d >= axis[0].source || from_h < 0 || from_h >= axis[1].source ||
        shift >= axis[2].source)
      return {x_source_.pixels, 0, 0, 0};
    const std::int64_t first = shift < 0 ? ceil_div(-shift, step) : 0;
    const std::int64_t last = ceil_div(axis[2].source - shift, step);
    const std::int64_t line = (image * axis[0].source + from_d) * axis[1].source + from_h;
    const std::int64_t pixel = line * axis[2].source + first * step + shift;
    return {x_source_.pixels + pixel * x_source_.pixel, step * x_source_.pixel, first, last};
  }

  void stage_dy(std::int64_t image_band, std::int64_t place, std::int64_t strip) noexcept {
    const std::int64_t band = image_band % p_.bands;
    const std::int64_t row = part_first(p_.positions[1], p_.bands, band);
    const std::int64_t rows =
        p_.outer == 0 ? part_first(p_.positions[1], p_.bands, band + 1) - row : 1;
    const std::int64_t d = p_.outer == 0 ? place : 0, h = p_.outer == 0 ? row : place;
    const std::int64_t width = p_.positions[2];
    const std::byte* from =
        dy_source_.pixels + ((image_band / p_.bands * p_.positions[0] + d) * p_.positions[1] + h) *
                                width * dy_source_.pixel;
    const Stage stage = dy_source_.stage();
    TilesPairs to = dy_pairs(strip);
    const std::int64_t line = p_.pitch / 2, last = (width + 1) / 2;
    for (std::int64_t i = 0; i < rows; ++i, to.to += line * 64, from += width * dy_source_.pixel)
      stage.line({from, dy_source_.pixel, 0, width}, i + 1 < rows ? line : last, to);
    const TilesPairs all = dy_pairs(strip);
    stage.clear(all, (rows - 1) * line + last, p_.chunks * std::int64_t{tile_depth / 2});
    stage.turn(all, p_.chunks);
  }

  // Bytes from the first pair of a slot, and the shift along the outer axis.
  void list_points() noexcept {
    std::int32_t *at = point_at_, *outer = point_outer_;
    for (int d = 0; d < p_.axis[0].kernel; ++d)
      for (int h = 0; h < p_.axis[1].kernel; ++h)
        for (int w = 0; w < p_.axis[2].kernel; ++w) {
          const int k[3] = {d, h, w};
          int sub = 0, shift[3];
          for (int i = 0; i < 3; ++i) {
            const TilesAxis& a = p_.staged[i];
            const int v = k[i] * p_.axis[i].dilation;
            sub = sub * a.subs + v % a.step;
            shift[i] = v / a.step;
          }
          const std::int64_t pixels =
              (p_.outer == 0 ? std::int64_t{shift[1]} * p_.pitch : 0) + shift[2];
          *at++ = static_cast<std::int32_t>((sub * p_.sub_pairs + pixels / 2) * 64 +
                                            pixels % 2 * p_.x_plane());
          *outer++ = shift[p_.outer];
        }
  }

  // 32 pixels a step, of `strips` strips whose x begins in slot `first`.
  void list_steps(std::int64_t first, std::int64_t strips) noexcept {
    steps_ = static_cast<int>(strips) * p_.chunks;
    for (std::int64_t s = 0; s < strips; ++s)
      for (std::int64_t i = 0; i < p_.chunks; ++i) {
        const std::int64_t step = s * p_.chunks + i;
        a_at_[step] = static_cast<std::int32_t>(step * tile_bytes);
        for (int u = 0; u <= p_.extra(); ++u)
          b_at_[u * steps_ + step] = static_cast<std::int32_t>(
              (first + s + u) % p_.slots * p_.slot_bytes() + i * tile_bytes);
      }
  }

  // Two channel tiles of dy stay in L1 while the channel tiles of x and their kernel points pass.
  void multiply(bool add) noexcept {
    const std::int64_t o_tiles = ceil_div(dy_source_.channels, tile_channels);
    const std::int64_t points = ceil_div(x_source_.channels, tile_channels) * p_.taps;
    for (std::int64_t o = 0; o < o_tiles; o += 2)
      for (std::int64_t i = 0; i < points; i += 2) {
        const bool wide = i + 1 < points;
        if (o + 1 < o_tiles)
          wide ? block<2, 2>(o, i, add) : block<2, 1>(o, i, add);
        else
          wide ? block<1, 2>(o, i, add) : block<1, 1>(o, i, add);
      }
  }

  // Channel tiles of dy from o on; kernel points from i on, counted through the channel tiles of x.
  template <int MP, int NB>
  void block(std::int64_t o, std::int64_t i, bool add) noexcept {
    TilesWeightSteps s{};
    s.a_low = p_.dy_plane();
    s.b_low = p_.parities * p_.x_plane();
    s.a_at = a_at_;
    s.count = steps_;
    s.add_to_c = add;
    for (int m = 0; m < MP; ++m) s.a[m] = dy_ + (o + m) * planes * p_.dy_plane();
    for (int n = 0; n < NB; ++n) {
      const std::int64_t tile = (i + n) / p_.taps, point = (i + n) % p_.taps;
      s.b[n] = x_ + tile * planes * p_.parities * p_.x_plane() + point_at_[point];
      s.b_at[n] = b_at_ + std::int64_t{point_outer_[point]} * steps_;
      for (int m = 0; m < MP; ++m) s.c[m][n] = sums_ + p_.sum_at(o + m, i + n);
    }
    TilesWeightBlock<E, planes, MP, NB>::run(s);
  }

  const ConvWeightArgs& args_;
  const Plan& p_;
  Source x_source_{}, dy_source_{};
  std::byte *x_, *dy_;
  std::int32_t *a_at_, *b_at_, *point_at_, *point_outer_;
  float* sums_ = nullptr;
  int steps_ = 0;
};

}  // namespace
}  // namespace burin::kernels

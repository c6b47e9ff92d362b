// Direct convolution, forward and data: neighbouring target pixels of a row are the rows of a
// tile, the kernel points its taps. Source pixels are read where they lie. A tile at the border
// leaves out taps that its first or its last pixel does not have; where more pixels lack one
// (strides, wide kernels), it reads a small copy with zeros. Where taps lie far apart (dilation),
// tiles end where one leaves the image, and leave it out. A tile whose pixels would share a few sets
// of L1, being multiples of 2 KiB apart, reads a copy too: without, 1x1 layers of 1024 channels ran
// at half of the peak.
#pragma once

#include "kernels/conv/direct_pack.h"
#include "kernels/entry_parts.h"
#include "kernels/micro/tile_call.h"

namespace burin::kernels {
namespace {

template <class V>
class DirectRun {
  using T = Tiles<V>;
  using number = typename V::number;

 public:
  DirectRun(const ConvArgs& args, const DirectPlan& plan, number* staged) noexcept
      : args_(args), plan_(plan), staged_(staged) {}

  void task(std::int64_t index) noexcept {
    const std::int64_t segment = index % plan_.segments;
    const std::int64_t band = index / plan_.segments % plan_.bands;
    const std::int64_t image = index / plan_.segments / plan_.bands % plan_.shape.batch;
    const std::int64_t channels = index / plan_.segments / plan_.bands / plan_.shape.batch;
    group_ = channels / plan_.sets;
    const std::int64_t set = channels % plan_.sets;
    block_first_ = part_first(plan_.blocks, plan_.sets, set);
    block_last_ = part_first(plan_.blocks, plan_.sets, set + 1);
    source_ = static_cast<const number*>(args_.source) + image * pixels(true) * args_.source_pixel +
              group_ * plan_.depth;
    const std::int64_t columns = group_ * plan_.columns;
    target_ = static_cast<char*>(args_.target) +
              (image * pixels(false) * args_.target_pixel + columns) * bytes_;
    if (args_.shape.residual)
      residual_ = static_cast<const char*>(args_.residual) +
                  (image * pixels(false) * args_.residual_pixel + columns) * bytes_;
    row_first_ = part_first(plan_.rows, plan_.bands, band);
    row_last_ = part_first(plan_.rows, plan_.bands, band + 1);
    // 4th loop: source channels whose weights of a set fit in L2
    for (std::int64_t q = 0; q < plan_.chunks; ++q) chunk(q, segment);
  }

 private:
  [[nodiscard]] std::int64_t pixels(bool source) const noexcept {
    std::int64_t product = 1;
    for (const DirectAxis& a : plan_.axis) product *= source ? a.source : a.target;
    return product;
  }

  void chunk(std::int64_t q, std::int64_t segment) noexcept {
    chunk_ = q;
    channel_first_ = plan_.chunk_first(q);
    channels_ = static_cast<int>(plan_.chunk_first(q + 1) - channel_first_);
    steps_ = channels_ / V::pair;
    taps_before_ = 0;
    for (int rd = 0; rd < plan_.axis[0].phases(); ++rd)
      for (int rh = 0; rh < plan_.axis[1].phases(); ++rh)
        for (int rw = 0; rw < plan_.axis[2].phases(); ++rw) {
          d_ = plan_.axis[0].phase(rd);
          h_ = plan_.axis[1].phase(rh);
          w_ = plan_.axis[2].phase(rw);
          phase_taps_ = std::int64_t{d_.taps} * h_.taps * w_.taps;
          phase(segment);
          taps_before_ += phase_taps_;
        }
  }

  // 3rd loop: target rows of the band
  void phase(std::int64_t segment) noexcept {
    const std::int64_t positions = DirectPlan::positions(plan_.axis[1]);
    const auto first = static_cast<int>(part_first(w_.count, plan_.segments, segment));
    const auto last = static_cast<int>(part_first(w_.count, plan_.segments, segment + 1));
    if (first == last) return;
    for (std::int64_t row = row_first_; row < row_last_; ++row) {
      const auto jd = static_cast<int>(row / positions), jh = static_cast<int>(row % positions);
      if (jd >= d_.count || jh >= h_.count) continue;
      source_rows(jd, jh);
      rows_ahead(jd, jh);
      target_row_ = ((std::int64_t{d_.first} + jd * d_.step) * plan_.axis[1].target + h_.first +
                     jh * h_.step) *
                    plan_.axis[2].target;
      for (int at = first, end = 0; at < last; at = end) {
        end = static_cast<int>(at_most(last, w_.run_end(at, plan_.axis[2].source)));
        pixel_tiles(at, end - at);
      }
    }
  }

  // 2nd loop: tiles of a run of pixels, of equal height but for one pixel
  void pixel_tiles(int first, int size) noexcept {
    const std::int64_t tiles = ceil_div(size, T::mr);
    for (std::int64_t i = 0; i < tiles; ++i) {
      const auto begin = static_cast<int>(part_first(size, tiles, i));
      const auto end = static_cast<int>(part_first(size, tiles, i + 1));
      pixel_tile(first + begin, end - begin);
    }
  }

  // f(d, h, first tap) for each source row that the taps of a target row meet inside of the image.
  template <class F>
  void each_row(int jd, int jh, const F& f) const noexcept {
    for (int kd = 0; kd < d_.taps; ++kd) {
      const int d = jd * d_.source_step + d_.offset + kd * d_.offset_step;
      if (d < 0 || d >= plan_.axis[0].source) continue;
      for (int kh = 0; kh < h_.taps; ++kh) {
        const int h = jh * h_.source_step + h_.offset + kh * h_.offset_step;
        if (h >= 0 && h < plan_.axis[1].source) f(d, h, (kd * h_.taps + kh) * w_.taps);
      }
    }
  }
  // Pixels before it.
  [[nodiscard]] std::int64_t row_at(int d, int h) const noexcept {
    return (std::int64_t{d} * plan_.axis[1].source + h) * plan_.axis[2].source;
  }
  void source_rows(int jd, int jh) noexcept {
    rows_ = 0;
    each_row(jd, jh, [&](int d, int h, int tap) noexcept {
      row_source_[rows_] = row_at(d, h);
      row_tap_[rows_++] = tap;
    });
  }

  // Source rows of the target row behind (jd, jh) that this one does not meet.
  void rows_ahead(int jd, int jh) noexcept {
    const bool last = jh + 1 == h_.count;
    ahead_count_ = 0;
    each_row(last ? jd + 1 : jd, last ? 0 : jh + 1, [&](int d, int h, int) noexcept {
      if (meets(d_, jd, d) && meets(h_, jh, h)) return;
      ahead_[ahead_count_++] = row_at(d, h) * args_.source_pixel * std::int64_t{sizeof(number)};
    });
  }
  // Whether a tap of target j meets source place `at`.
  static bool meets(const AxisPhase& axis, int j, int at) noexcept {
    const int from = at - j * axis.source_step - axis.offset;
    if (from < 0 || from > (axis.taps - 1) * axis.offset_step) return false;
    return axis.offset_step == 1 || from % axis.offset_step == 0;
  }

  void pixel_tile(int first, int height) noexcept {
    met_ = w_.met(first, height, plan_.axis[2].source);
    const int left = first * w_.source_step + w_.offset + met_.first * w_.offset_step;
    const int columns = (height - 1) * w_.source_step + (met_.count - 1) * w_.offset_step + 1;
    TileCall<V> call{};
    call.o.a_tap = a_tap_;
    call.o.w_tap = w_tap_;
    call.o.depth = steps_;
    const bool inside = met_.count > 0 && left >= 0 && left + columns <= plan_.axis[2].source;
    if (inside ? !shares_sets(height) : list_border(call, left, height)) {
      call.o.a = source_ + channel_first_;
      call.o.a_row = w_.source_step * args_.source_pixel;
      if (inside) list_taps(call.o, left, args_.source_pixel, false);
      call.ahead = ahead_of(left, columns);
      call.ahead.spread(call.o.taps);
    } else {
      stage(left, columns);
      call.o.a = staged_;
      call.o.a_row = w_.source_step * staged_pixel();
      list_taps(call.o, columns, staged_pixel(), true);
    }
    const std::int64_t pixel = target_row_ + w_.first + std::int64_t{first} * w_.step;
    call.type = args_.shape.target_type;
    call.c_row = w_.step * args_.target_pixel;
    call.residual_row = w_.step * args_.residual_pixel;
    blocks(call, pixel, height);
  }

  // The taps met by a tile that lies inside of the image (at column `left`), or by its copy (`left`
  // columns wide).
  void list_taps(TileOperands<V>& o, int left, std::int64_t pixel, bool staged) noexcept {
    // Dense neighbours in w follow each other in both lists: the taps of a row are one, deeper.
    const bool merge = w_.offset_step == 1 && pixel == channels_ && met_.count > 0;
    const int listed = merge ? 1 : met_.count;
    if (merge) o.depth = steps_ * met_.count;
    o.taps = rows_ * listed;
    for (int r = 0; r < rows_; ++r) {
      const std::int64_t at = staged ? std::int64_t{r} * left : row_source_[r] + left;
      for (int k = 0; k < listed; ++k) {
        a_tap_[r * listed + k] = (at + k * w_.offset_step) * pixel;
        w_tap_[r * listed + k] = (row_tap_[r] + met_.first + k) * steps_;
      }
    }
  }

  // The taps of a tile at a border: first those that all its pixels have, then those that its
  // first, then those that its last pixel has not. False when a tap misses more: such a tile needs
  // a copy.
  [[nodiscard]] bool list_border(TileCall<V>& call, int left, int height) noexcept {
    int count[3] = {0, 0, 0};
    for (int pass = 0; pass < 3; ++pass)
      for (int k = 0; k < met_.count; ++k) {
        const int x = left + k * w_.offset_step, end = x + (height - 1) * w_.source_step;
        const int reason = border_reason(x, end);
        if (reason == 3) return false;
        if (reason != pass) continue;
        for (int r = 0; r < rows_; ++r) {
          const int at = count[0] + count[1] + count[2]++;
          a_tap_[at] = (row_source_[r] + x) * args_.source_pixel;
          w_tap_[at] = (row_tap_[r] + met_.first + k) * steps_;
        }
        if (pass < 2) {
          count[pass] += count[2];
          count[2] = 0;
        }
      }
    call.o.taps = count[0];
    call.taps_without_first = count[1];
    call.taps_without_last = count[2];
    return true;
  }

  // Columns x, x + step, ..., end of a tap: 0 all inside, 1 all but the first, 2 all but the last,
  // 3 else.
  [[nodiscard]] int border_reason(int x, int end) const noexcept {
    const int step = w_.source_step, size = plan_.axis[2].source;
    const bool first_out = x < 0, last_out = end >= size;
    if (!first_out && !last_out) return 0;
    if (first_out && last_out) return 3;
    if (first_out) return x + step >= 0 ? 1 : 3;
    return end - step < size ? 2 : 3;
  }

  // Columns [left, left + columns) of the rows ahead.
  [[nodiscard]] TileAhead ahead_of(int left, int columns) const noexcept {
    const auto pixel = args_.source_pixel * std::int64_t{sizeof(number)};
    const int bytes = channels_ * static_cast<int>(sizeof(number));
    const bool dense = pixel == bytes;
    return {
        .from = reinterpret_cast<const char*>(source_ + channel_first_ + left * args_.source_pixel),
        .rows = ahead_,
        .count = ahead_count_,
        .runs = dense ? 1 : columns,
        .bytes = dense ? columns * bytes : bytes,
        .step = pixel};
  }

  // The pixels of a tile lie a multiple of 2 KiB apart: in one or two of the 64 sets of L1, more of
  // them than half of its ways. A copy pays for several blocks of target channels; inside of the
  // image it changes no order of a sum.
  [[nodiscard]] bool shares_sets(int height) const noexcept {
    constexpr std::int64_t apart = 2048;
    const std::int64_t bytes = w_.source_step * args_.source_pixel * std::int64_t{sizeof(number)};
    return height > 8 && bytes % apart == 0 && block_last_ - block_first_ > 1;
  }
  [[nodiscard]] std::int64_t staged_pixel() const noexcept {
    return DirectPlan::staged_pixel(channels_, plan_.number);
  }

  // Columns [left, left + columns) of the source rows, zero outside of the image:
  // [row][column][channel]
  void stage(int left, int columns) noexcept {
    number* to = staged_;
    const std::int64_t pixel = staged_pixel();
    for (int r = 0; r < rows_; ++r)
      for (int x = left; x < left + columns; ++x, to += pixel) {
        const bool inside = x >= 0 && x < plan_.axis[2].source;
        copy(
            inside ? source_ + channel_first_ + (row_source_[r] + x) * args_.source_pixel : nullptr,
            to);
      }
  }

  void copy(const number* from, number* to) const noexcept {
    int c = 0;
    for (; c + V::lanes <= channels_; c += V::lanes)
      V::store(to + c, from != nullptr ? V::load(from + c) : V::zero());
    if (c < channels_)
      V::store(to + c, from != nullptr ? V::load(from + c, channels_ - c) : V::zero(),
               channels_ - c);
  }

  // 1st loop: blocks of target channels of the set
  void blocks(TileCall<V>& call, std::int64_t pixel, int height) noexcept {
    const auto* packed = static_cast<const number*>(args_.packed) + group_ * plan_.group_numbers();
    char* const c = target_ + pixel * args_.target_pixel * bytes_;
    const char* const residual =
        residual_ == nullptr ? nullptr : residual_ + pixel * args_.residual_pixel * bytes_;
    call.add_to_c = chunk_ > 0;
    if (chunk_ + 1 == plan_.chunks) call.epilogue = args_.epilogue;
    for (std::int64_t b = block_first_; b < block_last_; ++b) {
      call.columns = plan_.block_columns(b);
      call.c = c + b * plan_.nr * bytes_;
      call.next_c = c + (b + 1 < block_last_ ? (b + 1) * plan_.nr
                                             : block_first_ * plan_.nr + height * call.c_row) *
                            bytes_;
      if (residual != nullptr) call.residual = residual + b * plan_.nr * bytes_;
      if (args_.bias != nullptr) call.bias = args_.bias + group_ * plan_.columns + b * plan_.nr;
      call.o.w = packed + plan_.packed_at(chunk_, taps_before_, phase_taps_, b);
      T::template of<true>(height, call.columns)(call);
      call.ahead = {};
    }
  }

  const ConvArgs& args_;
  const DirectPlan& plan_;
  number* staged_;
  const std::int64_t bytes_ = bytes_of(args_.shape.target_type);

  std::int64_t group_, block_first_, block_last_, row_first_, row_last_;
  const number* source_;
  const char* residual_ = nullptr;
  char* target_;
  std::int64_t target_row_;  // pixels from the image's first

  std::int64_t chunk_, channel_first_, taps_before_, phase_taps_;
  int channels_, steps_;
  AxisPhase d_, h_, w_;
  TapRange met_;  // of w, by the tile at hand

  int rows_;
  std::int64_t row_source_[direct_max_taps];  // pixels from the image's first
  std::int64_t row_tap_[direct_max_taps];
  int ahead_count_;
  std::int64_t ahead_[direct_max_taps];  // bytes from the image's first
  std::ptrdiff_t a_tap_[direct_max_taps], w_tap_[direct_max_taps];
};

template <class V, bool Forward>
struct Direct {
  using number = typename V::number;
  static DirectPlan plan_of(const ConvShape& s) noexcept {
    return DirectPlan(s, Forward, V::lanes, Tiles<V>::nr, sizeof(number));
  }
  static const char* refuse(const ConvShape& s) noexcept {
    const int depth = (Forward ? s.in_channels : s.out_channels) / s.groups;
    if (const char* reason = refuse_direct_types<V>(s, depth)) return reason;
    return s.taps() > direct_max_taps ? "more than 512 kernel points" : nullptr;
  }
  // Multiply-adds of the tiles, empty columns and short tiles included, and of the time that weights
  // take to come; a number that becomes bf16 costs 30, as one that tiles of AMX stage or finish does.
  static double cost(const ConvShape& s) noexcept {
    const DirectPlan plan = plan_of(s);
    const double products = DirectPlan::products(plan.axis[0]) *
                            DirectPlan::products(plan.axis[1]) *
                            DirectPlan::tile_products(plan.axis[2], Tiles<V>::mr) *
                            static_cast<double>(plan.shape.batch * s.groups * plan.depth) *
                            static_cast<double>(plan.padded_columns);
    const double weights = sizeof(number) * static_cast<double>(plan.group_numbers() * s.groups);
    const std::int64_t targets = s.batch * (Forward ? s.out_pixels() : s.in_pixels()) *
                                 (Forward ? s.out_channels : s.in_channels);
    return 32.0 / V::registers * products * 1.05 * product_cost<V>() + weight_byte_cost * weights +
           (V::bf16_activations && V::pair == 1 ? 30.0 * static_cast<double>(targets) : 0.0);
  }
  static std::size_t packed_bytes(const ConvShape& s) noexcept {
    return sizeof(number) * static_cast<std::size_t>(plan_of(s).group_numbers() * s.groups);
  }
  static std::int64_t pack_tasks(const ConvShape& s) noexcept {
    return plan_of(s).blocks * s.groups;
  }
  static void pack(const ConvShape& s, const float* weights, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    pack_direct<V::pair>(plan_of(s), weights, static_cast<number*>(packed), first, last);
  }
  // The copy of one tile's source at a border.
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    const DirectPlan plan = plan_of(s);
    std::int64_t columns = 0;
    for (int r = 0; r < plan.axis[2].phases(); ++r) {
      const AxisPhase p = plan.axis[2].phase(r);
      columns =
          at_least(columns, (Tiles<V>::mr - 1) * p.source_step + (p.taps - 1) * p.offset_step + 1);
    }
    const std::int64_t rows = s.kernel[0] * s.kernel[1];
    return sizeof(number) *
           static_cast<std::size_t>(rows * columns *
                                    DirectPlan::staged_pixel(plan.longest_chunk(), plan.number));
  }
  static std::int64_t tasks(const ConvShape& s, int) noexcept { return plan_of(s).tasks(); }
  static void run(const ConvArgs& args, int, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    const DirectPlan plan = plan_of(args.shape);
    DirectRun<V> runner(args, plan, static_cast<number*>(workspace));
    for (std::int64_t t = first; t < last; ++t) runner.task(t);
  }

  static constexpr ConvKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = direct_flags<V>,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = no_bytes,
            .stages = 1,
            .tasks = tasks,
            .run = run,
            .row_period = every_row};
  }
};

}  // namespace
}  // namespace burin::kernels

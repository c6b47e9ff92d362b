// Direct convolution, forward and data: neighbouring target pixels of a row are the rows of a tile,
// the kernel points its taps. Source pixels are read where they lie; a tile that reaches over the
// border reads a small copy with zeros.
#pragma once

#include "kernels/conv/direct_pack.h"
#include "kernels/micro/tile_call.h"

namespace burin::kernels {
namespace {

template <class V>
class DirectRun {
  using T = Tiles<V>;

 public:
  DirectRun(const ConvArgs& args, const DirectPlan& plan, float* staged) noexcept
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
    source_ = args_.source + image * pixels(true) * args_.source_pixel + group_ * plan_.depth;
    target_ = args_.target + image * pixels(false) * args_.target_pixel + group_ * plan_.columns;
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
      target_row_ = target_ + ((std::int64_t{d_.first} + jd * d_.step) * plan_.axis[1].target +
                               h_.first + jh * h_.step) *
                                  plan_.axis[2].target * args_.target_pixel;
      // 2nd loop: tiles of the row, of equal height but for one pixel
      const std::int64_t tiles = ceil_div(last - first, T::mr);
      for (std::int64_t i = 0; i < tiles; ++i) {
        const auto begin = static_cast<int>(part_first(last - first, tiles, i));
        const auto end = static_cast<int>(part_first(last - first, tiles, i + 1));
        pixel_tile(first + begin, end - begin);
      }
    }
  }

  // Source rows that the taps of this target row meet inside of the image.
  void source_rows(int jd, int jh) noexcept {
    rows_ = 0;
    for (int kd = 0; kd < d_.taps; ++kd) {
      const int d = jd * d_.source_step + d_.offset + kd * d_.offset_step;
      if (d < 0 || d >= plan_.axis[0].source) continue;
      for (int kh = 0; kh < h_.taps; ++kh) {
        const int h = jh * h_.source_step + h_.offset + kh * h_.offset_step;
        if (h < 0 || h >= plan_.axis[1].source) continue;
        row_source_[rows_] = (std::int64_t{d} * plan_.axis[1].source + h) * plan_.axis[2].source;
        row_tap_[rows_] = (kd * h_.taps + kh) * w_.taps;
        ++rows_;
      }
    }
  }

  void pixel_tile(int first, int height) noexcept {
    const int left = first * w_.source_step + w_.offset;
    const int reach = (w_.taps - 1) * w_.offset_step;
    const int columns = (height - 1) * w_.source_step + reach + 1;
    const bool inside = left >= 0 && left + columns <= plan_.axis[2].source;
    TileCall call{};
    if (inside) {
      for (int r = 0; r < rows_; ++r)
        list_row(r, (row_source_[r] + left) * args_.source_pixel, args_.source_pixel);
      call.o.a = source_ + channel_first_;
      call.o.a_row = w_.source_step * args_.source_pixel;
    } else {
      stage(left, columns);
      for (int r = 0; r < rows_; ++r) list_row(r, std::int64_t{r} * columns * channels_, channels_);
      call.o.a = staged_;
      call.o.a_row = std::int64_t{w_.source_step} * channels_;
    }
    call.o.taps = rows_ * w_.taps;
    call.o.depth = channels_;
    call.o.a_tap = a_tap_;
    call.o.w_tap = w_tap_;
    if (w_.offset_step == 1 && (!inside || args_.source_pixel == channels_)) merge_taps(call.o);
    call.c = target_row_ + (w_.first + std::int64_t{first} * w_.step) * args_.target_pixel;
    call.c_row = w_.step * args_.target_pixel;
    blocks(call, height);
  }

  void list_row(int r, std::int64_t at, std::int64_t pixel) noexcept {
    for (int k = 0; k < w_.taps; ++k) {
      a_tap_[r * w_.taps + k] = at + k * w_.offset_step * pixel;
      w_tap_[r * w_.taps + k] = (row_tap_[r] + k) * channels_;
    }
  }

  // Dense neighbours in w follow each other in both lists: the taps of a row are one, deeper.
  void merge_taps(TileOperands& o) noexcept {
    if (w_.taps <= 1) return;
    for (int r = 0; r < rows_; ++r) {
      a_tap_[r] = a_tap_[r * w_.taps];
      w_tap_[r] = w_tap_[r * w_.taps];
    }
    o.taps = rows_;
    o.depth = channels_ * w_.taps;
  }

  // Columns [left, left + columns) of the source rows, zero outside of the image:
  // [row][column][channel]
  void stage(int left, int columns) noexcept {
    float* to = staged_;
    for (int r = 0; r < rows_; ++r)
      for (int x = left; x < left + columns; ++x, to += channels_) {
        const bool inside = x >= 0 && x < plan_.axis[2].source;
        copy(
            inside ? source_ + channel_first_ + (row_source_[r] + x) * args_.source_pixel : nullptr,
            to);
      }
  }

  void copy(const float* from, float* to) const noexcept {
    int c = 0;
    for (; c + V::lanes <= channels_; c += V::lanes)
      V::store(to + c, from != nullptr ? V::load(from + c) : V::zero());
    if (c < channels_)
      V::store(to + c, from != nullptr ? V::load(from + c, channels_ - c) : V::zero(),
               channels_ - c);
  }

  // 1st loop: blocks of target channels of the set
  void blocks(TileCall& call, int height) noexcept {
    const auto* packed = static_cast<const float*>(args_.packed) + group_ * plan_.group_floats();
    float* const c = call.c;
    call.add_to_c = chunk_ > 0;
    if (chunk_ + 1 == plan_.chunks) call.epilogue = args_.epilogue;
    for (std::int64_t b = block_first_; b < block_last_; ++b) {
      call.columns = plan_.block_columns(b);
      call.c = c + b * plan_.nr;
      if (args_.bias != nullptr) call.bias = args_.bias + group_ * plan_.columns + b * plan_.nr;
      call.o.w = packed + plan_.packed_at(chunk_, taps_before_, phase_taps_, b);
      T::template of<true>(height, call.columns)(call);
    }
  }

  const ConvArgs& args_;
  const DirectPlan& plan_;
  float* staged_;

  std::int64_t group_, block_first_, block_last_, row_first_, row_last_;
  const float* source_;
  float *target_, *target_row_;

  std::int64_t chunk_, channel_first_, taps_before_, phase_taps_;
  int channels_;
  AxisPhase d_, h_, w_;

  int rows_;
  std::int64_t row_source_[direct_max_taps];  // pixels from the image's first
  std::int64_t row_tap_[direct_max_taps];
  std::ptrdiff_t a_tap_[direct_max_taps], w_tap_[direct_max_taps];
};

template <class V, bool Forward>
struct Direct {
  static DirectPlan plan_of(const ConvShape& s) noexcept {
    return DirectPlan(s, Forward, V::lanes, Tiles<V>::nr);
  }
  static const char* refuse(const ConvShape& s) noexcept {
    return s.taps() > direct_max_taps ? "more than 512 kernel points" : nullptr;
  }
  // Multiply-adds of the tiles, empty columns and short tiles included.
  static double cost(const ConvShape& s) noexcept {
    const DirectPlan plan = plan_of(s);
    const double columns = static_cast<double>(plan.padded_columns) / plan.columns;
    const double width = static_cast<double>(DirectPlan::positions(plan.axis[2]));
    const double tiles =
        static_cast<double>(ceil_div(static_cast<std::int64_t>(width), Tiles<V>::mr));
    const double rows = width / tiles;
    // A tile of h rows and 2 registers takes about h + 1.5 broadcasts for h multiply-adds.
    const double speed = (32.0 / V::registers) * (V::registers == 32 ? 1.0 : 1.0);
    return speed * static_cast<double>(s.macs()) * columns * (rows + 1.0) / rows * 1.05;
  }
  static std::size_t packed_bytes(const ConvShape& s) noexcept {
    return sizeof(float) * static_cast<std::size_t>(plan_of(s).group_floats() * s.groups);
  }
  static std::int64_t pack_tasks(const ConvShape& s) noexcept {
    return plan_of(s).blocks * s.groups;
  }
  static void pack(const ConvShape& s, const float* weights, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    pack_direct(plan_of(s), weights, static_cast<float*>(packed), first, last);
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
    return sizeof(float) * static_cast<std::size_t>(rows * columns * plan.longest_chunk());
  }
  static std::size_t shared_bytes(const ConvShape&) noexcept { return 0; }
  static std::int64_t tasks(const ConvShape& s, int) noexcept { return plan_of(s).tasks(); }
  static void run(const ConvArgs& args, int, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    const DirectPlan plan = plan_of(args.shape);
    DirectRun<V> runner(args, plan, static_cast<float*>(workspace));
    for (std::int64_t t = first; t < last; ++t) runner.task(t);
  }

  static constexpr ConvKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_f32_exact,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 1,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels

// Depthwise convolution, forward and data: channel c of the result comes from channel c alone, so
// the lanes of a register are channels and a tile is up to eight pixels of one register.
//
// Eight pixels share a load of the weights: nine loads feed eight multiply-adds.
#pragma once

#include "kernels/conv/direct_axis.h"
#include "kernels/micro/parts.h"
#include "kernels/micro/tile_call.h"

namespace burin::kernels {
namespace {

struct DepthwiseCall {
  const float* x;
  std::ptrdiff_t x_row;  // from one pixel of the tile to the next
  const float* w;
  int taps;
  const std::ptrdiff_t *x_tap, *w_tap;
  const float* bias;
  float* y;
  std::ptrdiff_t y_row;
  int channels;  // 1..lanes
  Epilogue epilogue;
};
using DepthwiseFunction = void (*)(const DepthwiseCall&) noexcept;

template <class V, int P>
void depthwise_tile(const DepthwiseCall& call) noexcept {
  typename V::reg acc[P][1];
  unroll<P>([&](auto i) __attribute__((always_inline)) { acc[i][0] = V::zero(); });
  if (call.bias != nullptr) load_tile<V, P, 1>(call.bias, 0, call.channels, acc);
  const bool full = call.channels == V::lanes;
  for (int t = 0; t < call.taps; ++t) {
    const typename V::reg w = V::load(call.w + call.w_tap[t]);
    const float* x = call.x + call.x_tap[t];
    unroll<P>([&](auto i) __attribute__((always_inline)) {
      const float* p = x + i * call.x_row;
      V::mac_into(acc[i][0], full ? V::load(p) : V::load(p, call.channels), w);
    });
  }
  if (call.epilogue.activation != Activation::none) activate<V, P, 1>(call.epilogue, acc);
  store_tile<V, P, 1>(call.y, call.y_row, call.channels, acc);
}

template <class V, class Heights>
struct DepthwiseTiles;
template <class V, int... I>
struct DepthwiseTiles<V, std::integer_sequence<int, I...>> {
  static constexpr DepthwiseFunction at[] = {depthwise_tile<V, I + 1>...};  // [pixels - 1]
};

constexpr int depthwise_max_taps = 512;

template <class V, bool Forward>
struct Depthwise {
  static constexpr int pixels = 8;
  using Tiles = DepthwiseTiles<V, std::make_integer_sequence<int, pixels>>;

  static const char* refuse(const ConvShape& s) noexcept {
    if (s.groups != s.in_channels || s.groups != s.out_channels) return "not depthwise";
    return s.taps() > depthwise_max_taps ? "more than 512 kernel points" : nullptr;
  }
  // Bound by loads and memory: a quarter of the speed of a tile.
  static double cost(const ConvShape& s) noexcept {
    return 4.0 * 16 / V::lanes * static_cast<double>(s.macs());
  }
  static std::int64_t padded(const ConvShape& s) noexcept {
    return ceil_div(s.groups, V::lanes) * V::lanes;
  }
  static std::size_t packed_bytes(const ConvShape& s) noexcept {
    return sizeof(float) * static_cast<std::size_t>(s.taps() * padded(s));
  }
  static std::int64_t pack_tasks(const ConvShape& s) noexcept { return s.taps(); }
  // packed[tap][channel]; a task is a tap.
  static void pack(const ConvShape& s, const float* weights, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    auto* to = static_cast<float*>(packed);
    for (std::int64_t t = first; t < last; ++t)
      for (std::int64_t c = 0; c < padded(s); ++c)
        to[t * padded(s) + c] = c < s.groups ? weights[c * s.taps() + t] : 0.0f;
  }
  static std::size_t no_bytes(const ConvShape&) noexcept { return 0; }

  // Rows (d,h) of the target of all images; a task is a piece of about 64 KiB of results.
  static std::int64_t rows(const ConvShape& s) noexcept {
    const DirectAxis d = direct_axis(s, 0, Forward), h = direct_axis(s, 1, Forward);
    return s.batch * d.target * h.target;
  }
  static std::int64_t tasks(const ConvShape& s, int) noexcept {
    const std::int64_t row = std::int64_t{direct_axis(s, 2, Forward).target} * s.groups;
    return ceil_div(rows(s), at_least(1, 16384 / row));
  }
  static void run(const ConvArgs& args, int, std::int64_t first, std::int64_t last,
                  void*) noexcept {
    const std::int64_t all = rows(args.shape), count = tasks(args.shape, 0);
    for (std::int64_t row = part_first(all, count, first); row < part_first(all, count, last);
         ++row)
      Row(args, row).run();
  }

 private:
  // One target row: the taps that meet the image, then pixels phase by phase.
  class Row {
   public:
    Row(const ConvArgs& args, std::int64_t row) noexcept
        : args_(args),
          axis_{direct_axis(args.shape, 0, Forward), direct_axis(args.shape, 1, Forward),
                direct_axis(args.shape, 2, Forward)} {
      const int h = static_cast<int>(row % axis_[1].target);
      const int d = static_cast<int>(row / axis_[1].target % axis_[0].target);
      const std::int64_t image = row / axis_[1].target / axis_[0].target;
      target_ = args.target + row * axis_[2].target * args.target_pixel;
      source_ = args.source +
                image * axis_[0].source * axis_[1].source * axis_[2].source * args.source_pixel;
      list_rows(d, h);
    }

    void run() noexcept {
      for (int r = 0; r < axis_[2].phases(); ++r) {
        const AxisPhase p = axis_[2].phase(r);
        // Pixels [inner, outer) have all taps of the row.
        const int last = p.offset + (p.taps - 1) * p.offset_step;
        const int room = axis_[2].source - 1 - last;
        const auto inner = static_cast<int>(
            at_most(p.count, p.offset < 0 ? ceil_div(-p.offset, p.source_step) : 0));
        const auto outer = static_cast<int>(
            at_least(inner, at_most(p.count, room < 0 ? 0 : room / p.source_step + 1)));
        for (int j = 0; j < inner; ++j) pixel_tile(p, j, 1);
        const std::int64_t tiles = ceil_div(outer - inner, pixels);
        for (std::int64_t i = 0; i < tiles; ++i) {
          const auto at = static_cast<int>(part_first(outer - inner, tiles, i));
          pixel_tile(p, inner + at, static_cast<int>(part_first(outer - inner, tiles, i + 1)) - at);
        }
        for (int j = outer; j < p.count; ++j) pixel_tile(p, j, 1);
      }
    }

   private:
    // Taps (kd, kh) of this target row whose source row exists.
    void list_rows(int d, int h) noexcept {
      for (int kd = 0; kd < axis_[0].kernel; ++kd)
        for (int kh = 0; kh < axis_[1].kernel; ++kh) {
          const int sd = source_of(axis_[0], d, kd), sh = source_of(axis_[1], h, kh);
          if (sd < 0 || sh < 0) continue;
          row_source_[rows_] = (std::int64_t{sd} * axis_[1].source + sh) * axis_[2].source;
          row_tap_[rows_++] = (kd * axis_[1].kernel + kh) * axis_[2].kernel;
        }
    }
    // Source position of a target position and a kernel point, or -1.
    static int source_of(const DirectAxis& a, int at, int k) noexcept {
      if (Forward) {
        const int x = at * a.stride + k * a.dilation - a.pad;
        return x >= 0 && x < a.source ? x : -1;
      }
      const int x = at + a.pad - k * a.dilation;
      return x >= 0 && x % a.stride == 0 && x / a.stride < a.source ? x / a.stride : -1;
    }

    void pixel_tile(const AxisPhase& p, int first, int count) noexcept {
      const std::int64_t width = padded(args_.shape);
      DepthwiseCall call{};
      for (int r = 0; r < rows_; ++r)
        for (int k = 0; k < p.taps; ++k) {
          const int x = first * p.source_step + p.offset + k * p.offset_step;
          if (x < 0 || x >= axis_[2].source) continue;
          x_tap_[call.taps] = (row_source_[r] + x) * args_.source_pixel;
          w_tap_[call.taps++] = (row_tap_[r] + p.kernel_first + k * p.kernel_step) * width;
        }
      call.x_tap = x_tap_;
      call.w_tap = w_tap_;
      call.x_row = p.source_step * args_.source_pixel;
      call.y_row = p.step * args_.target_pixel;
      call.epilogue = args_.epilogue;
      float* y = target_ + (p.first + std::int64_t{first} * p.step) * args_.target_pixel;
      for (int c = 0; c < args_.shape.groups; c += V::lanes) {
        call.x = source_ + c;
        call.w = static_cast<const float*>(args_.packed) + c;
        call.bias = args_.bias != nullptr ? args_.bias + c : nullptr;
        call.y = y + c;
        call.channels = static_cast<int>(at_most(V::lanes, args_.shape.groups - c));
        Tiles::at[count - 1](call);
      }
    }

    const ConvArgs& args_;
    DirectAxis axis_[3];
    const float* source_;
    float* target_;
    int rows_ = 0;
    std::int64_t row_source_[depthwise_max_taps], row_tap_[depthwise_max_taps];
    std::ptrdiff_t x_tap_[depthwise_max_taps], w_tap_[depthwise_max_taps];
  };

 public:
  static constexpr ConvKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_f32_exact,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = no_bytes,
            .shared_bytes = no_bytes,
            .stages = 1,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels

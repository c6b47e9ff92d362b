// What the tables compute, written down once: scalar loops over points, sums in double.
#include <cmath>

#include "kernels/bf16.h"
#include "kernels/pool/pool.h"

namespace burin::kernels {
namespace {

struct Point {
  int d, h, w;
};

std::int64_t pixel_of(std::int64_t n, const std::array<int, 3>& size, Point p) {
  return ((n * size[0] + p.d) * size[1] + p.h) * size[2] + p.w;
}

std::array<int, 3> out_size(const PoolShape& s) { return {s.out(0), s.out(1), s.out(2)}; }

// Input point of a tap of a window; false outside of the image.
bool input_of(const PoolShape& s, Point o, Point t, Point& i) {
  i = {o.d * s.stride[0] + t.d - s.pad_begin[0], o.h * s.stride[1] + t.h - s.pad_begin[1],
       o.w * s.stride[2] + t.w - s.pad_begin[2]};
  return i.d >= 0 && i.h >= 0 && i.w >= 0 && i.d < s.in[0] && i.h < s.in[1] && i.w < s.in[2];
}

// f(tap number, input point) for each tap inside of the image.
template <class F>
void each_tap(const PoolShape& s, Point o, F f) {
  int tap = 0;
  for (Point t{0, 0, 0}; t.d < s.kernel[0]; ++t.d)
    for (t.h = 0; t.h < s.kernel[1]; ++t.h)
      for (t.w = 0; t.w < s.kernel[2]; ++t.w, ++tap)
        if (Point i{}; input_of(s, o, t, i)) f(tap, i);
}

double count_of(const PoolShape& s, Point o) {
  int count = 0;
  each_tap(s, o, [&](int, Point) { ++count; });
  return s.count_padding ? static_cast<double>(s.taps()) : count;
}

// f(n, point) for every pixel of rows [first, last).
template <class F>
void each_pixel(const std::array<int, 3>& size, std::int64_t first, std::int64_t last, F f) {
  for (std::int64_t row = first; row < last; ++row)
    for (int w = 0; w < size[2]; ++w)
      f(row / size[1] / size[0],
        Point{static_cast<int>(row / size[1] % size[0]), static_cast<int>(row % size[1]), w});
}

// Window that holds input point i at tap t along one axis; -1 when there is none.
int window_of(const PoolShape& s, std::size_t axis, int i, int t) {
  const int start = i + s.pad_begin[axis] - t;
  if (start < 0 || start % s.stride[axis] != 0) return -1;
  const int o = start / s.stride[axis];
  return o < s.out(static_cast<int>(axis)) ? o : -1;
}

// f(output point, tap number) for every window that holds point i.
template <class F>
void each_window(const PoolShape& s, Point i, F f) {
  int tap = 0;
  for (Point t{0, 0, 0}; t.d < s.kernel[0]; ++t.d)
    for (t.h = 0; t.h < s.kernel[1]; ++t.h)
      for (t.w = 0; t.w < s.kernel[2]; ++t.w, ++tap) {
        const Point o{window_of(s, 0, i.d, t.d), window_of(s, 1, i.h, t.h),
                      window_of(s, 2, i.w, t.w)};
        if (o.d >= 0 && o.h >= 0 && o.w >= 0) f(o, tap);
      }
}

void max(const PoolArgs& args, std::int64_t first, std::int64_t last) noexcept {
  const PoolShape& s = args.shape;
  each_pixel(out_size(s), first, last, [&](std::int64_t n, Point o) {
    const std::int64_t pixel = pixel_of(n, out_size(s), o);
    for (int c = 0; c < s.channels; ++c) {
      int which = -1;
      float best = 0;
      each_tap(s, o, [&](int tap, Point i) {
        const float value = args.source[pixel_of(n, s.in, i) * args.source_pixel + c];
        if (which >= 0 && !(value > best) && !std::isnan(value)) return;
        best = value;
        which = tap;
      });
      args.target[pixel * args.target_pixel + c] = best;
      const std::int64_t at = pixel * s.channels + c;
      if (args.index == nullptr) continue;
      if (s.taps() <= pool_narrow_taps)
        static_cast<std::uint8_t*>(args.index)[at] = static_cast<std::uint8_t>(which);
      else
        static_cast<std::int32_t*>(args.index)[at] = which;
    }
  });
}

void max_bf16(const PoolArgsBf16& args, std::int64_t first, std::int64_t last) noexcept {
  const PoolShape& s = args.shape;
  const auto out = out_size(s);
  each_pixel(out, first, last, [&](std::int64_t n, Point o) {
    const std::int64_t pixel = pixel_of(n, out, o);
    for (int c = 0; c < s.channels; ++c) {
      std::uint16_t best = 0xff80;  // minus infinity
      each_tap(s, o, [&](int, Point i) {
        const std::uint16_t x = args.source[pixel_of(n, s.in, i) * args.source_pixel + c];
        if (std::isnan(widen_bf16(x)) || widen_bf16(x) > widen_bf16(best)) best = x;
      });
      args.target[pixel * args.target_pixel + c] = best;
    }
  });
}

void max_gradient(const PoolArgs& args, std::int64_t first, std::int64_t last) noexcept {
  const PoolShape& s = args.shape;
  each_pixel(s.in, first, last, [&](std::int64_t n, Point i) {
    for (int c = 0; c < s.channels; ++c) {
      double sum = 0;
      each_window(s, i, [&](Point o, int tap) {
        const std::int64_t pixel = pixel_of(n, out_size(s), o), at = pixel * s.channels + c;
        const int which = s.taps() <= pool_narrow_taps
                              ? static_cast<const std::uint8_t*>(args.index)[at]
                              : static_cast<const std::int32_t*>(args.index)[at];
        if (which == tap) sum += static_cast<double>(args.source[pixel * args.source_pixel + c]);
      });
      args.target[pixel_of(n, s.in, i) * args.target_pixel + c] = static_cast<float>(sum);
    }
  });
}

void average(const PoolArgs& args, std::int64_t first, std::int64_t last) noexcept {
  const PoolShape& s = args.shape;
  each_pixel(out_size(s), first, last, [&](std::int64_t n, Point o) {
    for (int c = 0; c < s.channels; ++c) {
      double sum = 0;
      each_tap(s, o, [&](int, Point i) {
        sum += static_cast<double>(args.source[pixel_of(n, s.in, i) * args.source_pixel + c]);
      });
      args.target[pixel_of(n, out_size(s), o) * args.target_pixel + c] =
          static_cast<float>(sum / count_of(s, o));
    }
  });
}

void average_gradient(const PoolArgs& args, std::int64_t first, std::int64_t last) noexcept {
  const PoolShape& s = args.shape;
  each_pixel(s.in, first, last, [&](std::int64_t n, Point i) {
    for (int c = 0; c < s.channels; ++c) {
      double sum = 0;
      each_window(s, i, [&](Point o, int) {
        const std::int64_t pixel = pixel_of(n, out_size(s), o);
        sum += static_cast<double>(args.source[pixel * args.source_pixel + c]) / count_of(s, o);
      });
      args.target[pixel_of(n, s.in, i) * args.target_pixel + c] = static_cast<float>(sum);
    }
  });
}

void sum(const float* x, std::int64_t x_pixel, std::int64_t pixels, int channels,
         float* sums) noexcept {
  for (int c = 0; c < channels; ++c) {
    double total = 0;
    for (std::int64_t p = 0; p < pixels; ++p) total += static_cast<double>(x[p * x_pixel + c]);
    sums[c] = static_cast<float>(total);
  }
}

void spread(const float* values, float* y, std::int64_t y_pixel, std::int64_t pixels,
            int channels) noexcept {
  for (std::int64_t p = 0; p < pixels; ++p)
    for (int c = 0; c < channels; ++c) y[p * y_pixel + c] = values[c];
}

}  // namespace

constinit const PoolKernels pool_reference = {
    "reference", Isa::reference,   max, max_bf16, max_gradient,
    average,     average_gradient, sum, spread};

}  // namespace burin::kernels

// The pooling loops over xsimd: rows of the target, pixels, vectors of channels, taps.
#pragma once

#include <cstdint>

#include "kernels/pool/pool.h"
#include "kernels/simd/lanes.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct PoolLoops {
  using V = Lanes<Arch, Words>;
  using batch = typename V::batch;
  static constexpr int lanes = V::size;

  // Half-open range of taps, or of windows.
  struct Range {
    int first, last;
  };
  // A row of the target.
  struct Row {
    std::int64_t n;
    int d, h;
  };

  static Row row_of(std::int64_t row, int depth, int height) {
    return {row / height / depth, static_cast<int>(row / height % depth),
            static_cast<int>(row % height)};
  }
  // Taps of window o that lie in the image.
  static Range taps_of(const PoolShape& s, int axis, int o) {
    const auto a = static_cast<unsigned>(axis);
    const int start = o * s.stride[a] - s.pad_begin[a];
    const int end = s.in[a] - start;
    return {start < 0 ? -start : 0, end < s.kernel[a] ? end : s.kernel[a]};
  }
  // Windows that hold input point i.
  static Range windows_of(const PoolShape& s, int axis, int i) {
    const auto a = static_cast<unsigned>(axis);
    const int padded = i + s.pad_begin[a], below = padded - s.kernel[a];
    const int first = below < 0 ? 0 : below / s.stride[a] + 1;
    const int last = padded / s.stride[a] + 1, out = s.out(axis);
    return {first, last < out ? last : out};
  }
  static std::int64_t pixel_of(std::int64_t n, const int (&size)[3], int d, int h, int w) {
    return ((n * size[0] + d) * size[1] + h) * size[2] + w;
  }
  // Values per window that divide the sum.
  static float share(const PoolShape& s, Range d, Range h, Range w) {
    const int inside = (d.last - d.first) * (h.last - h.first) * (w.last - w.first);
    return 1.0f / static_cast<float>(s.count_padding ? s.taps() : inside);
  }

  template <class Index>
  static void store_index(Index* p, batch which, int left) {
    alignas(64) float numbers[lanes];
    which.store_aligned(numbers);
    const int count = left < lanes ? left : lanes;
    for (int l = 0; l < count; ++l) p[l] = static_cast<Index>(static_cast<int>(numbers[l]));
  }
  template <class Index>
  static batch load_index(const Index* p, int left) {
    alignas(64) float numbers[lanes];
    if (left >= lanes) {
      for (int l = 0; l < lanes; ++l) numbers[l] = static_cast<float>(p[l]);
    } else {
      for (int l = 0; l < lanes; ++l) numbers[l] = l < left ? static_cast<float>(p[l]) : -1.0f;
    }
    return batch::load_aligned(numbers);
  }
  static void take(batch value, int tap, batch& best, batch& which) {
    const auto better = (value > best) | xsimd::isnan(value);
    best = xsimd::select(better, value, best);
    which = xsimd::select(better, batch(static_cast<float>(tap)), which);
  }

  template <class Index>
  static void max_row(const PoolArgs& args, std::int64_t row) {
    const PoolShape& s = args.shape;
    const int in[3] = {s.in[0], s.in[1], s.in[2]}, out[3] = {s.out(0), s.out(1), s.out(2)};
    const Row r = row_of(row, out[0], out[1]);
    const Range td = taps_of(s, 0, r.d), th = taps_of(s, 1, r.h);
    const int d0 = r.d * s.stride[0] - s.pad_begin[0], h0 = r.h * s.stride[1] - s.pad_begin[1];
    for (int ow = 0; ow < out[2]; ++ow) {
      const Range tw = taps_of(s, 2, ow);
      const int w0 = ow * s.stride[2] - s.pad_begin[2];
      const std::int64_t pixel = row * out[2] + ow;
      for (int c = 0; c < s.channels; c += lanes) {
        const int left = s.channels - c;
        batch best(0.0f), which(0.0f);
        bool any = false;
        for (int d = td.first; d < td.last; ++d)
          for (int h = th.first; h < th.last; ++h)
            for (int w = tw.first; w < tw.last; ++w) {
              const std::int64_t p = pixel_of(r.n, in, d0 + d, h0 + h, w0 + w);
              const int tap = (d * s.kernel[1] + h) * s.kernel[2] + w;
              const batch value = V::load(args.source + p * args.source_pixel + c, left);
              if (!any) {
                best = value;
                which = batch(static_cast<float>(tap));
                any = true;
              } else {
                take(value, tap, best, which);
              }
            }
        V::store(args.target + pixel * args.target_pixel + c, best, left);
        if (args.index != nullptr)
          store_index(static_cast<Index*>(args.index) + pixel * s.channels + c, which, left);
      }
    }
  }

  // The windows of U-Nets: 2x2, stride 2, no padding. Odd last rows and columns have no window.
  static bool is_two_by_two(const PoolShape& s) {
    return s.in[0] == 1 && s.kernel[0] == 1 && s.stride[0] == 1 && s.kernel[1] == 2 &&
           s.kernel[2] == 2 && s.stride[1] == 2 && s.stride[2] == 2 && s.pad_begin[0] == 0 &&
           s.pad_begin[1] == 0 && s.pad_begin[2] == 0 && s.pad_end[0] == 0 && s.pad_end[1] == 0 &&
           s.pad_end[2] == 0;
  }

  static void max_row_two(const PoolArgs& args, std::int64_t row) {
    const PoolShape& s = args.shape;
    const int height = s.out(1), width = s.out(2);
    const std::int64_t n = row / height, h = row % height;
    const float* top = args.source + ((n * s.in[1] + 2 * h) * s.in[2]) * args.source_pixel;
    const float* low = top + s.in[2] * args.source_pixel;
    auto* index = static_cast<std::uint8_t*>(args.index);
    for (int ow = 0; ow < width; ++ow) {
      const std::int64_t pixel = row * width + ow, left_x = 2 * ow * args.source_pixel;
      for (int c = 0; c < s.channels; c += lanes) {
        const int left = s.channels - c;
        const std::int64_t a = left_x + c, b = a + args.source_pixel;
        batch best = V::load(top + a, left), which(0.0f);
        take(V::load(top + b, left), 1, best, which);
        take(V::load(low + a, left), 2, best, which);
        take(V::load(low + b, left), 3, best, which);
        V::store(args.target + pixel * args.target_pixel + c, best, left);
        if (index != nullptr) store_index(index + pixel * s.channels + c, which, left);
      }
    }
  }

  static void max(const PoolArgs& args, std::int64_t first, std::int64_t last) noexcept {
    const bool two = is_two_by_two(args.shape);
    const bool narrow = args.shape.taps() <= pool_narrow_taps;
    for (std::int64_t row = first; row < last; ++row)
      two      ? max_row_two(args, row)
      : narrow ? max_row<std::uint8_t>(args, row)
               : max_row<std::int32_t>(args, row);
  }

  // The bits of bf16 as integers of the same order; every NaN is the largest. Its own inverse.
  static std::int16_t ordered(std::int16_t bits) {
    const int flipped = bits ^ ((bits >> 15) & 0x7fff);
    return static_cast<std::int16_t>((bits & 0x7fff) > 0x7f80 ? 0x7fff : flipped);
  }

  // Plain loops over 64 channels: the compiler's vectors of 16-bit integers serve best.
  static void max_pixel_bf16(const PoolArgsBf16& args, const int (&in)[3], Row r,
                             const Range (&taps)[3], const int (&start)[3], std::int64_t pixel) {
    constexpr int block = 64;
    const PoolShape& s = args.shape;
    for (int c = 0; c < s.channels; c += block) {
      const int count = s.channels - c < block ? s.channels - c : block;
      alignas(64) std::int16_t best[block];
      for (short& b : best) b = -0x8000;
      for (int d = taps[0].first; d < taps[0].last; ++d)
        for (int h = taps[1].first; h < taps[1].last; ++h)
          for (int w = taps[2].first; w < taps[2].last; ++w) {
            const std::uint16_t* x =
                args.source +
                pixel_of(r.n, in, start[0] + d, start[1] + h, start[2] + w) * args.source_pixel + c;
            for (int i = 0; i < count; ++i) {
              const std::int16_t value = ordered(static_cast<std::int16_t>(x[i]));
              best[i] = value > best[i] ? value : best[i];
            }
          }
      std::uint16_t* y = args.target + pixel * args.target_pixel + c;
      for (int i = 0; i < count; ++i)
        y[i] = static_cast<std::uint16_t>(best[i] ^ ((best[i] >> 15) & 0x7fff));
    }
  }

  static void max_bf16(const PoolArgsBf16& args, std::int64_t first, std::int64_t last) noexcept {
    const PoolShape& s = args.shape;
    const int in[3] = {s.in[0], s.in[1], s.in[2]}, out[3] = {s.out(0), s.out(1), s.out(2)};
    for (std::int64_t row = first; row < last; ++row) {
      const Row r = row_of(row, out[0], out[1]);
      for (int ow = 0; ow < out[2]; ++ow) {
        const Range taps[3] = {taps_of(s, 0, r.d), taps_of(s, 1, r.h), taps_of(s, 2, ow)};
        const int start[3] = {r.d * s.stride[0] - s.pad_begin[0],
                              r.h * s.stride[1] - s.pad_begin[1],
                              ow * s.stride[2] - s.pad_begin[2]};
        max_pixel_bf16(args, in, r, taps, start, row * out[2] + ow);
      }
    }
  }

  // Calls f(output pixel, tap) for every window that holds point (d,h,w), in ascending order.
  template <class F>
  static void each_window(const PoolShape& s, const int (&out)[3], Row r, Range od, Range oh, int w,
                          F f) {
    const Range ow = windows_of(s, 2, w);
    for (int d = od.first; d < od.last; ++d)
      for (int h = oh.first; h < oh.last; ++h)
        for (int o = ow.first; o < ow.last; ++o) {
          const int td = r.d + s.pad_begin[0] - d * s.stride[0];
          const int th = r.h + s.pad_begin[1] - h * s.stride[1];
          const int tw = w + s.pad_begin[2] - o * s.stride[2];
          f(d, h, o, pixel_of(r.n, out, d, h, o), (td * s.kernel[1] + th) * s.kernel[2] + tw);
        }
  }

  template <class Index>
  static void max_gradient_row(const PoolArgs& args, std::int64_t row) {
    const PoolShape& s = args.shape;
    const int out[3] = {s.out(0), s.out(1), s.out(2)};
    const Row r = row_of(row, s.in[0], s.in[1]);
    const Range od = windows_of(s, 0, r.d), oh = windows_of(s, 1, r.h);
    const auto* index = static_cast<const Index*>(args.index);
    for (int w = 0; w < s.in[2]; ++w)
      for (int c = 0; c < s.channels; c += lanes) {
        const int left = s.channels - c;
        batch sum(0.0f);
        each_window(s, out, r, od, oh, w, [&](int, int, int, std::int64_t pixel, int tap) {
          const batch which = load_index(index + pixel * s.channels + c, left);
          const batch dy = V::load(args.source + pixel * args.source_pixel + c, left);
          sum += xsimd::select(which == batch(static_cast<float>(tap)), dy, batch(0.0f));
        });
        V::store(args.target + (row * s.in[2] + w) * args.target_pixel + c, sum, left);
      }
  }

  static void max_gradient_row_two(const PoolArgs& args, std::int64_t row) {
    const PoolShape& s = args.shape;
    const std::int64_t n = row / s.in[1], h = row % s.in[1];
    const int height = s.out(1), width = s.out(2);
    float* dx = args.target + row * s.in[2] * args.target_pixel;
    const int filled = h / 2 < height ? width : 0;
    const auto* index = static_cast<const std::uint8_t*>(args.index);
    const auto tap = static_cast<float>(h % 2 * 2);
    for (int ow = 0; ow < filled; ++ow) {
      const std::int64_t pixel = (n * height + h / 2) * width + ow;
      for (int c = 0; c < s.channels; c += lanes) {
        const int left = s.channels - c;
        const batch which = load_index(index + pixel * s.channels + c, left);
        const batch dy = V::load(args.source + pixel * args.source_pixel + c, left);
        float* at = dx + 2 * ow * args.target_pixel + c;
        V::store(at, xsimd::select(which == batch(tap), dy, batch(0.0f)), left);
        V::store(at + args.target_pixel, xsimd::select(which == batch(tap + 1.0f), dy, batch(0.0f)),
                 left);
      }
    }
    for (int w = 2 * filled; w < s.in[2]; ++w)
      for (int c = 0; c < s.channels; c += lanes)
        V::store(dx + w * args.target_pixel + c, batch(0.0f), s.channels - c);
  }

  static void max_gradient(const PoolArgs& args, std::int64_t first, std::int64_t last) noexcept {
    const bool two = is_two_by_two(args.shape);
    const bool narrow = args.shape.taps() <= pool_narrow_taps;
    for (std::int64_t row = first; row < last; ++row)
      two      ? max_gradient_row_two(args, row)
      : narrow ? max_gradient_row<std::uint8_t>(args, row)
               : max_gradient_row<std::int32_t>(args, row);
  }

  static void average(const PoolArgs& args, std::int64_t first, std::int64_t last) noexcept {
    const PoolShape& s = args.shape;
    const int in[3] = {s.in[0], s.in[1], s.in[2]}, out[3] = {s.out(0), s.out(1), s.out(2)};
    for (std::int64_t row = first; row < last; ++row) {
      const Row r = row_of(row, out[0], out[1]);
      const Range td = taps_of(s, 0, r.d), th = taps_of(s, 1, r.h);
      const int d0 = r.d * s.stride[0] - s.pad_begin[0], h0 = r.h * s.stride[1] - s.pad_begin[1];
      for (int ow = 0; ow < out[2]; ++ow) {
        const Range tw = taps_of(s, 2, ow);
        const int w0 = ow * s.stride[2] - s.pad_begin[2];
        const batch factor(share(s, td, th, tw));
        for (int c = 0; c < s.channels; c += lanes) {
          const int left = s.channels - c;
          batch sum(0.0f);
          for (int d = td.first; d < td.last; ++d)
            for (int h = th.first; h < th.last; ++h)
              for (int w = tw.first; w < tw.last; ++w) {
                const std::int64_t p = pixel_of(r.n, in, d0 + d, h0 + h, w0 + w);
                sum += V::load(args.source + p * args.source_pixel + c, left);
              }
          V::store(args.target + (row * out[2] + ow) * args.target_pixel + c, sum * factor, left);
        }
      }
    }
  }

  static void average_gradient(const PoolArgs& args, std::int64_t first,
                               std::int64_t last) noexcept {
    const PoolShape& s = args.shape;
    const int out[3] = {s.out(0), s.out(1), s.out(2)};
    for (std::int64_t row = first; row < last; ++row) {
      const Row r = row_of(row, s.in[0], s.in[1]);
      const Range od = windows_of(s, 0, r.d), oh = windows_of(s, 1, r.h);
      for (int w = 0; w < s.in[2]; ++w)
        for (int c = 0; c < s.channels; c += lanes) {
          const int left = s.channels - c;
          batch sum(0.0f);
          each_window(s, out, r, od, oh, w, [&](int d, int h, int o, std::int64_t pixel, int) {
            const float factor = share(s, taps_of(s, 0, d), taps_of(s, 1, h), taps_of(s, 2, o));
            sum += V::load(args.source + pixel * args.source_pixel + c, left) * batch(factor);
          });
          V::store(args.target + (row * s.in[2] + w) * args.target_pixel + c, sum, left);
        }
    }
  }

  static void sum(const float* x, std::int64_t x_pixel, std::int64_t pixels, int channels,
                  float* sums) noexcept {
    for (int c = 0; c < channels; c += lanes) {
      const int left = channels - c;
      batch even(0.0f), odd(0.0f);
      std::int64_t p = 0;
      for (; p + 2 <= pixels; p += 2) {
        even += V::load(x + p * x_pixel + c, left);
        odd += V::load(x + (p + 1) * x_pixel + c, left);
      }
      if (p < pixels) even += V::load(x + p * x_pixel + c, left);
      V::store(sums + c, even + odd, left);
    }
  }

  static void spread(const float* values, float* y, std::int64_t y_pixel, std::int64_t pixels,
                     int channels) noexcept {
    for (std::int64_t p = 0; p < pixels; ++p)
      for (int c = 0; c < channels; c += lanes)
        V::store(y + p * y_pixel + c, V::load(values + c, channels - c), channels - c);
  }

  static constexpr PoolKernels table(const char* name, Isa isa) {
    return {name, isa, max, max_bf16, max_gradient, average, average_gradient, sum, spread};
  }
};

}  // namespace
}  // namespace burin::kernels

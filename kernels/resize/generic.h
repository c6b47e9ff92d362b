// The resampling loops over xsimd: rows of the target, pixels, vectors of channels, taps.
#pragma once

#include <cstdint>

#include "kernels/resize/resize.h"
#include "kernels/simd/lanes.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct ResizeLoops {
  using V = Lanes<Arch, Words>;
  using batch = typename V::batch;
  static constexpr int lanes = V::size;

  // A row of a tensor: start of its first pixel, and its weight in a sum.
  template <class T>
  struct Row {
    const T* at;
    float weight;
  };

  // The rows that row `row` of y reads: up to two in depth times two in height.
  template <class T>
  static int rows_of(const ResizeArgsOf<T>& args, std::int64_t row, Row<T> (&rows)[4]) {
    const ResizeShape& s = args.shape;
    const std::int64_t n = row / s.out[1] / s.out[0];
    const ResizeTap &d = args.taps[0][row / s.out[1] % s.out[0]], &h = args.taps[1][row % s.out[1]];
    int count = 0;
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j) {
        const float weight = d.weight[i] * h.weight[j];
        if (weight == 0.0f) continue;
        const std::int64_t line = (n * s.in[0] + d.index[i]) * s.in[1] + h.index[j];
        rows[count++] = {args.source + line * s.in[2] * args.source_pixel, weight};
      }
    return count;
  }

  template <class T>
  static void nearest(const ResizeArgsOf<T>& args, std::int64_t first, std::int64_t last) noexcept {
    const ResizeShape& s = args.shape;
    for (std::int64_t row = first; row < last; ++row) {
      Row<T> rows[4];
      rows_of(args, row, rows);
      T* y = args.target + row * s.out[2] * args.target_pixel;
      for (int o = 0; o < s.out[2]; ++o) {
        const T* x = rows[0].at + args.taps[2][o].index[0] * args.source_pixel;
        for (int c = 0; c < s.channels; c += lanes)
          V::store(y + o * args.target_pixel + c, V::load(x + c, s.channels - c), s.channels - c);
      }
    }
  }

  // Weighted sum of a pixel over the rows.
  template <class T>
  static batch column(const Row<T>* rows, int count, std::int64_t at, int left) {
    batch sum = batch(rows[0].weight) * V::load(rows[0].at + at, left);
    for (int r = 1; r < count; ++r)
      sum = xsimd::fma(batch(rows[r].weight), V::load(rows[r].at + at, left), sum);
    return sum;
  }

  template <class T>
  static void linear(const ResizeArgsOf<T>& args, std::int64_t first, std::int64_t last) noexcept {
    const ResizeShape& s = args.shape;
    for (std::int64_t row = first; row < last; ++row) {
      Row<T> rows[4];
      const int count = rows_of(args, row, rows);
      T* y = args.target + row * s.out[2] * args.target_pixel;
      for (int o = 0; o < s.out[2]; ++o) {
        const ResizeTap& tap = args.taps[2][o];
        const std::int64_t a = tap.index[0] * args.source_pixel;
        const std::int64_t b = tap.index[1] * args.source_pixel;
        const batch wa(tap.weight[0]), wb(tap.weight[1]);
        for (int c = 0; c < s.channels; c += lanes) {
          const int left = s.channels - c;
          batch value = wa * column(rows, count, a + c, left);
          if (a != b) value = xsimd::fma(wb, column(rows, count, b + c, left), value);
          V::store(y + o * args.target_pixel + c, value, left);
        }
      }
    }
  }

  // Output pixels 2i+1 and 2i+2 lie between input pixels i and i+1; the first and the last are
  // copies. 4 loads for 2 stores.
  template <class T>
  static void linear_double(const ResizeArgsOf<T>& args, std::int64_t first,
                            std::int64_t last) noexcept {
    const ResizeShape& s = args.shape;
    const batch near(0.75f), far(0.25f);
    for (std::int64_t row = first; row < last; ++row) {
      Row<T> rows[4];
      const int count = rows_of(args, row, rows);
      T* y = args.target + row * s.out[2] * args.target_pixel;
      T* end = y + (s.out[2] - 1) * args.target_pixel;
      const std::int64_t last_x = (s.in[2] - 1) * args.source_pixel;
      for (int c = 0; c < s.channels; c += lanes) {
        const int left = s.channels - c;
        V::store(y + c, column(rows, count, c, left), left);
        V::store(end + c, column(rows, count, last_x + c, left), left);
      }
      for (int i = 0; i + 1 < s.in[2]; ++i) {
        const std::int64_t at = i * args.source_pixel;
        T* out = y + (2 * i + 1) * args.target_pixel;
        for (int c = 0; c < s.channels; c += lanes) {
          const int left = s.channels - c;
          const batch a = column(rows, count, at + c, left);
          const batch b = column(rows, count, at + args.source_pixel + c, left);
          V::store(out + c, xsimd::fma(far, b, near * a), left);
          V::store(out + args.target_pixel + c, xsimd::fma(near, b, far * a), left);
        }
      }
    }
  }

  // Sum over the readers of one row in height and all in width.
  static batch readers_of(const ResizeArgs& args, const float* line, float weight, int i, int c,
                          int left, batch sum) {
    const ResizeAdjoint& w = args.adjoint[2];
    for (int k = w.begin[i]; k < w.begin[i + 1]; ++k)
      sum = xsimd::fma(batch(weight * w.readers[k].weight),
                       V::load(line + w.readers[k].index * args.source_pixel + c, left), sum);
    return sum;
  }

  static void adjoint(const ResizeArgs& args, std::int64_t first, std::int64_t last) noexcept {
    const ResizeShape& s = args.shape;
    const ResizeAdjoint &depth = args.adjoint[0], &height = args.adjoint[1];
    for (std::int64_t row = first; row < last; ++row) {
      const std::int64_t n = row / s.in[1] / s.in[0], d = row / s.in[1] % s.in[0],
                         h = row % s.in[1];
      float* dx = args.target + row * s.in[2] * args.target_pixel;
      for (int i = 0; i < s.in[2]; ++i)
        for (int c = 0; c < s.channels; c += lanes) {
          const int left = s.channels - c;
          batch sum(0.0f);
          for (int a = depth.begin[d]; a < depth.begin[d + 1]; ++a)
            for (int b = height.begin[h]; b < height.begin[h + 1]; ++b) {
              const ResizeReader &rd = depth.readers[a], &rh = height.readers[b];
              const std::int64_t line = (n * s.out[0] + rd.index) * s.out[1] + rh.index;
              sum = readers_of(args, args.source + line * s.out[2] * args.source_pixel,
                               rd.weight * rh.weight, i, c, left, sum);
            }
          V::store(dx + i * args.target_pixel + c, sum, left);
        }
    }
  }

  // dx[i] = 1/4*(u[2i-1] + u[2i+2]) + 3/4*(u[2i] + u[2i+1]), u the weighted sum over the rows that
  // read dx's row, repeated at the border. Every u is made once, for the two pixels that share it:
  // 8 loads a result instead of 16, and 4 independent chains instead of one.
  static void adjoint_double(const ResizeArgs& args, std::int64_t first,
                             std::int64_t last) noexcept {
    const ResizeShape& s = args.shape;
    const ResizeAdjoint& height = args.adjoint[1];
    const batch near(0.75f), far(0.25f);
    for (std::int64_t row = first; row < last; ++row) {
      Row<float> rows[4];
      int count = 0;
      const std::int64_t image = row / s.in[1], h = row % s.in[1];
      for (int r = height.begin[h]; r < height.begin[h + 1]; ++r) {
        const std::int64_t line = image * s.out[1] + height.readers[r].index;
        rows[count++] = {args.source + line * s.out[2] * args.source_pixel,
                         height.readers[r].weight};
      }
      float* dx = args.target + row * s.in[2] * args.target_pixel;
      for (int c = 0; c < s.channels; c += lanes) {
        const int left = s.channels - c;
        batch even = column(rows, count, c, left), before = even;
        for (int i = 0; i < s.in[2]; ++i) {
          const std::int64_t at = (2 * i + 1) * args.source_pixel + c;
          const batch odd = column(rows, count, at, left);
          const batch next =
              i + 1 < s.in[2] ? column(rows, count, at + args.source_pixel, left) : odd;
          V::store(dx + i * args.target_pixel + c,
                   xsimd::fma(near, even + odd, far * (before + next)), left);
          before = odd;
          even = next;
        }
      }
    }
  }

  static constexpr ResizeKernels table(const char* name, Isa isa) {
    return {.name = name,
            .isa = isa,
            .forward = {nearest<float>, linear<float>, linear_double<float>},
            .forward_bf16 = {nearest<std::uint16_t>, linear<std::uint16_t>,
                             linear_double<std::uint16_t>},
            .adjoint = adjoint,
            .adjoint_double = adjoint_double};
  }
};

}  // namespace
}  // namespace burin::kernels

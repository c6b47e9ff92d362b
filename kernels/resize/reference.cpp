// What the tables compute, written down once: scalar loops over points, sums in double.
#include "kernels/bf16.h"
#include "kernels/resize/resize.h"

namespace burin::kernels {
namespace {

struct Point {
  std::int64_t n, d, h, w;
};

// f(point) for every pixel of rows [first, last).
template <class F>
void each_pixel(const std::array<int, 3>& size, std::int64_t first, std::int64_t last, F f) {
  for (std::int64_t row = first; row < last; ++row)
    for (int w = 0; w < size[2]; ++w)
      f(Point{row / size[1] / size[0], row / size[1] % size[0], row % size[1], w});
}

std::int64_t pixel_of(const std::array<int, 3>& size, const Point& p) {
  return ((p.n * size[0] + p.d) * size[1] + p.h) * size[2] + p.w;
}

template <class T>
void linear(const ResizeArgsOf<T>& args, std::int64_t first, std::int64_t last) noexcept {
  const ResizeShape& s = args.shape;
  each_pixel(s.out, first, last, [&](const Point& o) {
    const ResizeTap &d = args.taps[0][o.d], &h = args.taps[1][o.h], &w = args.taps[2][o.w];
    for (int c = 0; c < s.channels; ++c) {
      double sum = 0;
      for (int t = 0; t < 8; ++t) {
        const int i = t >> 2, j = t >> 1 & 1, k = t & 1;
        const double weight = static_cast<double>(d.weight[i]) * static_cast<double>(h.weight[j]) *
                              static_cast<double>(w.weight[k]);
        if (weight == 0) continue;
        const Point at{o.n, d.index[i], h.index[j], w.index[k]};
        const auto x = args.source[pixel_of(s.in, at) * args.source_pixel + c];
        sum += weight * static_cast<double>(number_of(x));
      }
      set_number(args.target[pixel_of(s.out, o) * args.target_pixel + c], static_cast<float>(sum));
    }
  });
}

void adjoint(const ResizeArgs& args, std::int64_t first, std::int64_t last) noexcept {
  const ResizeShape& s = args.shape;
  const ResizeAdjoint &d = args.adjoint[0], &h = args.adjoint[1], &w = args.adjoint[2];
  each_pixel(s.in, first, last, [&](const Point& i) {
    for (int c = 0; c < s.channels; ++c) {
      double sum = 0;
      for (int a = d.begin[i.d]; a < d.begin[i.d + 1]; ++a)
        for (int b = h.begin[i.h]; b < h.begin[i.h + 1]; ++b)
          for (int e = w.begin[i.w]; e < w.begin[i.w + 1]; ++e) {
            const Point o{i.n, d.readers[a].index, h.readers[b].index, w.readers[e].index};
            sum += static_cast<double>(d.readers[a].weight) *
                   static_cast<double>(h.readers[b].weight) *
                   static_cast<double>(w.readers[e].weight) *
                   static_cast<double>(args.source[pixel_of(s.out, o) * args.source_pixel + c]);
          }
      args.target[pixel_of(s.in, i) * args.target_pixel + c] = static_cast<float>(sum);
    }
  });
}

}  // namespace

constinit const ResizeKernels resize_reference = {
    .name = "reference",
    .isa = Isa::reference,
    .forward = {linear<float>, linear<float>, linear<float>},
    .forward_bf16 = {linear<std::uint16_t>, linear<std::uint16_t>, linear<std::uint16_t>},
    .adjoint = adjoint,
    .adjoint_double = adjoint};

}  // namespace burin::kernels

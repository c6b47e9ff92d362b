// The tables of one axis.
#include <cmath>

#include "kernels/resize/resize.h"

namespace burin::kernels {
namespace {

// floor((2o + 1)*in / (2*out)) or round(o*(in - 1)/(out - 1)), in whole numbers.
int nearest_of(std::int64_t o, std::int64_t in, std::int64_t out, bool align_corners) {
  if (!align_corners) return static_cast<int>((2 * o + 1) * in / (2 * out));
  if (out == 1) return 0;
  return static_cast<int>((2 * o * (in - 1) + out - 1) / (2 * (out - 1)));
}

double position_of(int o, int in, int out, bool align_corners) {
  if (!align_corners) return (o + 0.5) * in / out - 0.5;
  return out == 1 ? 0 : static_cast<double>(o) * (in - 1) / (out - 1);
}

}  // namespace

void resize_taps(int in, int out, bool linear, bool align_corners, ResizeTap* taps) noexcept {
  for (int o = 0; o < out; ++o) {
    if (!linear) {
      const int i = nearest_of(o, in, out, align_corners);
      taps[o] = {{i, i}, {1.0f, 0.0f}};
      continue;
    }
    const double position = position_of(o, in, out, align_corners);
    const int below = static_cast<int>(std::floor(position));
    const float above = static_cast<float>(position - below);
    if (below < 0)
      taps[o] = {{0, 0}, {1.0f, 0.0f}};
    else if (below >= in - 1)
      taps[o] = {{in - 1, in - 1}, {1.0f, 0.0f}};
    else
      taps[o] = {{below, below + 1}, {1.0f - above, above}};
  }
}

void resize_adjoint(const ResizeTap* taps, int in, int out, int* begin,
                    ResizeReader* readers) noexcept {
  for (int i = 0; i <= in; ++i) begin[i] = 0;
  const auto reads = [&](int o, int side) { return side == 0 || taps[o].weight[1] != 0.0f; };
  for (int o = 0; o < out; ++o)
    for (int side = 0; side < 2; ++side)
      if (reads(o, side)) ++begin[taps[o].index[side] + 1];
  for (int i = 0; i < in; ++i) begin[i + 1] += begin[i];
  // begin[i] walks through i's readers and ends at begin[i+1]; then everything moves up by one.
  for (int o = 0; o < out; ++o)
    for (int side = 0; side < 2; ++side)
      if (reads(o, side)) readers[begin[taps[o].index[side]]++] = {o, taps[o].weight[side]};
  for (int i = in; i > 0; --i) begin[i] = begin[i - 1];
  begin[0] = 0;
}

}  // namespace burin::kernels

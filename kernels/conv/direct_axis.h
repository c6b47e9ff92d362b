// One axis of a forward or data pass as positions of a target, positions of a source and taps.
//
// Where the target is coarser than its source or the same (forward), one phase covers the axis.
// Where a data pass has stride s, target pixels of equal remainder (i + pad) mod s meet the same
// taps: s phases, each a convolution of stride 1 with some of the taps.
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/micro/parts.h"

namespace burin::kernels {
namespace {

struct TapRange {
  int first, count;
};

// Target first + j*step for j in [0, count); tap k in [0, taps) stands for kernel point
// kernel_first + k*kernel_step and reads source j*source_step + offset + k*offset_step, offset_step
// > 0.
struct AxisPhase {
  int first, step, count;
  int source_step;
  int taps;
  int kernel_first, kernel_step;
  int offset, offset_step;

  // First target of which tap k reads no position before `edge`, in [0, count].
  [[nodiscard]] int first_from(int k, int edge) const noexcept {
    const std::int64_t place = ceil_div(edge - offset - k * offset_step, source_step);
    return static_cast<int>(at_most(count, at_least(0, place)));
  }

  // Targets [first, end) for which every tap reads a source position in [0, source).
  struct Inner {
    int first, end;
  };
  [[nodiscard]] Inner inner(int source) const noexcept {
    const int first = first_from(0, 0);
    return {first, static_cast<int>(at_least(first, first_from(taps - 1, source)))};
  }

  // Taps that one of the targets [j, j + size) reads a source position in [0, source) with.
  [[nodiscard]] TapRange met(int j, int size, int source) const noexcept {
    const int at = j * source_step + offset, last = at + (size - 1) * source_step;
    int first = 0, end = taps;
    while (first < end && last + first * offset_step < 0) ++first;
    while (first < end && at + (end - 1) * offset_step >= source) --end;
    return {first, end - first};
  }
  // Behind the last target from j on that meets the taps that j meets. A tap beside another is met
  // by one target more or less, which is no end of a run.
  [[nodiscard]] int run_end(int j, int source) const noexcept {
    constexpr int far_apart = 4;  // targets
    int end = count;
    if (offset_step < far_apart * source_step) return end;
    for (int k = 0; k < taps; ++k)
      for (const int edge : {0, source})
        if (const int place = first_from(k, edge); place > j && place < end) end = place;
    return end;
  }
};

struct DirectAxis {
  int source, target;  // sizes
  int kernel, stride, dilation, pad;
  bool forward;

  [[nodiscard]] int phases() const noexcept { return forward ? 1 : stride; }

  [[nodiscard]] AxisPhase phase(int r) const noexcept {
    if (forward) return {0, 1, target, stride, kernel, 0, 1, -pad, dilation};
    AxisPhase p{((r - pad) % stride + stride) % stride, stride, 0, 1, 0, 0, 0, 0, 1};
    if (p.first < target) p.count = (target - p.first - 1) / stride + 1;
    // Taps t with t*dilation = r (mod stride), the last one first: source grows as t falls.
    int period = 1;
    while (period * dilation % stride != 0) ++period;
    int t = 0;
    while (t < period && t * dilation % stride != r) ++t;
    if (t == period || t >= kernel) return p;
    p.taps = (kernel - 1 - t) / period + 1;
    p.kernel_first = t + (p.taps - 1) * period;
    p.kernel_step = -period;
    p.offset = (p.first + pad - p.kernel_first * dilation) / stride;
    p.offset_step = period * dilation / stride;
    return p;
  }
};

[[nodiscard]] inline DirectAxis direct_axis(const ConvShape& s, int axis, bool forward) noexcept {
  const auto a = static_cast<std::size_t>(axis);
  const int in = s.in[a], out = s.out(axis);
  return {forward ? in : out, forward ? out : in, s.kernel[a], s.stride[a],
          s.dilation[a],      s.pad_begin[a],     forward};
}

}  // namespace
}  // namespace burin::kernels

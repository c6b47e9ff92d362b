// Nearest and linear resampling in two and three dimensions, and the adjoint (the gradient).
//
//   forward   y[n,o,c]  = sum over the taps of o of weight * x[n,i,c]
//   adjoint   dx[n,i,c] = sum over the points o that read i of weight * dy[n,o,c]
//
// Both are separable: a table per axis says what an output point reads (one point, or two with
// weights that sum to 1), and, for the adjoint, who reads an input point; so each element of dx is
// gathered by one task. The position of o in the input is (o + 1/2)*in/out - 1/2 (half_pixel) or
// o*(in - 1)/(out - 1) (align_corners; 0 when out is 1), clamped to the image; nearest rounds
// halves up. Activations are channels last with a pixel stride (>= channels), f32 or, forward, bf16
// (sums are f32). No overlap.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/cpu.h"

namespace burin::kernels {

// What an output point reads: weight[0]*x[index[0]] + weight[1]*x[index[1]]. At borders and for
// nearest both indices are the same and the weights 1 and 0.
struct ResizeTap {
  int index[2];
  float weight[2];
};

// One reader of an input point.
struct ResizeReader {
  int index;
  float weight;
};

// Readers of input point i: readers[begin[i]] up to readers[begin[i+1]].
struct ResizeAdjoint {
  const int* begin = nullptr;
  const ResizeReader* readers = nullptr;
};

// taps[out]. `linear` false: nearest.
void resize_taps(int in, int out, bool linear, bool align_corners, ResizeTap* taps) noexcept;
// begin[in + 1], readers[2*out] (at most) in ascending order of the output index.
void resize_adjoint(const ResizeTap* taps, int in, int out, int* begin,
                    ResizeReader* readers) noexcept;

struct ResizeShape {
  std::int64_t batch = 1;
  int channels = 0;
  std::array<int, 3> in{1, 1, 1};  // d, h, w
  std::array<int, 3> out{1, 1, 1};
  // Rows of y (forward) and of dx (adjoint): the tasks of a pass.
  [[nodiscard]] constexpr std::int64_t out_rows() const noexcept { return batch * out[0] * out[1]; }
  [[nodiscard]] constexpr std::int64_t in_rows() const noexcept { return batch * in[0] * in[1]; }
};

// Forward: source = x, target = y, taps. Adjoint: source = dy, target = dx, adjoint.
template <class T>
struct ResizeArgsOf {
  ResizeShape shape{};
  const T* source = nullptr;
  std::int64_t source_pixel = 0;  // elements from one pixel to the next
  T* target = nullptr;
  std::int64_t target_pixel = 0;
  std::array<const ResizeTap*, 3> taps{};
  std::array<ResizeAdjoint, 3> adjoint{};
};
using ResizeArgs = ResizeArgsOf<float>;
using ResizeArgsBf16 = ResizeArgsOf<std::uint16_t>;  // the bits of bf16

// The forward passes of a type.
template <class T>
struct ResizeForward {
  using Pass = void (*)(const ResizeArgsOf<T>&, std::int64_t first, std::int64_t last) noexcept;
  Pass nearest, linear;
  // Width doubled, half-pixel: pairs of output pixels share their loads (weights 3/4 and 1/4).
  // Depth must not change; any height.
  Pass linear_double;
};

// Passes work on rows [first, last) of their target.
struct ResizeKernels {
  const char* name;
  Isa isa;
  ResizeForward<float> forward;
  ResizeForward<std::uint16_t> forward_bf16;
  void (*adjoint)(const ResizeArgs&, std::int64_t first, std::int64_t last) noexcept;
  // The adjoint of linear_double where the height is doubled as well.
  void (*adjoint_double)(const ResizeArgs&, std::int64_t first, std::int64_t last) noexcept;
};

extern const ResizeKernels resize_avx512, resize_avx2, resize_reference;

// All tables of this build, best first, reference last.
[[nodiscard]] std::span<const ResizeKernels* const> resize_kernels() noexcept;
// The best that this CPU and BURIN_MAX_ISA allow.
[[nodiscard]] const ResizeKernels& resize() noexcept;

}  // namespace burin::kernels

// Sums over rows. Single precision over at most 64 numbers per lane, double beyond; the caller cuts
// a tensor into fixed blocks of pixels and adds the results in block order, so bits do not depend
// on threads.
#pragma once

#include <span>

#include "kernels/cpu.h"
#include "kernels/elementwise/rows.h"

namespace burin::kernels {

struct ReduceKernels {
  const char* name;
  Isa isa;
  // Sum of everything.
  double (*sum)(Extent, In x) noexcept;
  // sums[c] += sum over pixels of x[p][c]
  void (*over_pixels)(Extent, In x, double* sums) noexcept;
  // sums[p] = factor * sum over channels of x[p][c]
  void (*over_channels)(Extent, In x, float factor, float* sums) noexcept;
};

[[nodiscard]] std::span<const ReduceKernels* const> reduce_kernels() noexcept;
[[nodiscard]] const ReduceKernels& reduce() noexcept;

}  // namespace burin::kernels

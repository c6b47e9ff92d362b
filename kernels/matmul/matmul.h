// Matrix product. Start here.
//
//   c[i,j] = act(bias[j] + sum_k a[i,k] * b[k,j])      a [m,k], b [k,n], c [m,n]
//
// a and b lie in memory with two strides each, so that a transpose is a change of numbers: a[i,k]
// is a[i*a_row + k*a_depth], b[k,j] is b[k*b_depth + j*b_column]. c is row major with row stride
// c_row. b is packed ("weights"); a is read where it lies. c must not overlap a or b.
//
// Read next: reference.cpp, ../micro/tile.h (the registers), direct.h (blocks).
#pragma once

#include <cstdint>
#include <span>

#include "kernels/epilogue.h"
#include "kernels/table.h"

namespace burin::kernels {

struct MatmulShape {
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t a_row = 0, a_depth = 1;     // elements
  std::int64_t b_depth = 0, b_column = 1;  // elements

  [[nodiscard]] constexpr std::int64_t macs() const noexcept { return m * n * k; }
  friend constexpr bool operator==(const MatmulShape&, const MatmulShape&) = default;
};

struct MatmulArgs {
  MatmulShape shape;
  const float* a = nullptr;
  const void* packed = nullptr;  // what pack() wrote of b
  const float* bias = nullptr;   // one per column, or null
  float* c = nullptr;
  std::int64_t c_row = 0;
  Epilogue epilogue{};
  void* shared = nullptr;
};

using MatmulKernel = Kernel<MatmulShape, MatmulArgs>;

// All entries of this build; `choose` (table.h) picks one.
[[nodiscard]] std::span<const MatmulKernel* const> matmul_kernels() noexcept;

}  // namespace burin::kernels

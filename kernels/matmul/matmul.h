// Matrix product. Start here.
//
//   c[i,j] = act(bias[j] + r[i,j] + sum_k a[i,k] * b[k,j])      a [m,k], b [k,n], c and r [m,n]
//
// a and b lie in memory with two strides each, so that a transpose is a change of numbers: a[i,k]
// is a[i*a_row + k*a_depth], b[k,j] is b[k*b_depth + j*b_column]. c is row major with row stride
// c_row; r, the residual where the shape has one, with residual_row. b is packed ("weights"); a is
// read where it lies. a and c (and r with it) are stored as the shape says, b is f32. c must not
// overlap a, b or r.
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

  Element source_type = Element::f32, target_type = Element::f32;  // of a; of c and r
  bool residual = false;

  [[nodiscard]] constexpr std::int64_t macs() const noexcept { return m * n * k; }
  friend constexpr bool operator==(const MatmulShape&, const MatmulShape&) = default;
};

struct MatmulArgs {
  MatmulShape shape;
  const void* a = nullptr;
  const void* packed = nullptr;  // what pack() wrote of b
  const float* bias = nullptr;   // one per column, or null
  const void* residual = nullptr;
  std::int64_t residual_row = 0;
  void* c = nullptr;
  std::int64_t c_row = 0;
  Epilogue epilogue{};
  void* shared = nullptr;

  [[nodiscard]] const float* a_f32() const noexcept { return static_cast<const float*>(a); }
  [[nodiscard]] const float* residual_f32() const noexcept {
    return static_cast<const float*>(residual);
  }
  [[nodiscard]] float* c_f32() const noexcept { return static_cast<float*>(c); }
};

using MatmulKernel = Kernel<MatmulShape, MatmulArgs>;

// All entries of this build; `choose` (table.h) picks one.
[[nodiscard]] std::span<const MatmulKernel* const> matmul_kernels() noexcept;

}  // namespace burin::kernels

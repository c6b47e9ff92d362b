// The tables of matrix product entries: one constant per file that has entries; matmul.cpp joins
// them.
#pragma once

#include <span>

#include "kernels/matmul/matmul.h"

namespace burin::kernels {

extern const std::span<const MatmulKernel> matmul_reference;  // reference.cpp
extern const std::span<const MatmulKernel> matmul_tiles_amx;  // tiles_amx.cpp
extern const std::span<const MatmulKernel> matmul_bf16;       // bf16.cpp
extern const std::span<const MatmulKernel> matmul_avx2;       // avx2.cpp
extern const std::span<const MatmulKernel> matmul_avx512;     // avx512.cpp

}  // namespace burin::kernels

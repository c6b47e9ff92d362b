#include "kernels/simd/avx512_bf16.h"

#include "kernels/matmul/direct.h"
#include "kernels/matmul/tables.h"

namespace burin::kernels {
namespace {

// The first multiplies pairs in bf16, the second f32 into bf16.
constexpr MatmulKernel table[] = {
    MatmulDirect<Avx512Bf16Pairs>::entry("direct_14x32_bf16", Isa::bf16),
    MatmulDirect<Avx512Bf16>::entry("direct_wide_14x32_bf16", Isa::bf16),
};

}  // namespace

constinit const std::span<const MatmulKernel> matmul_bf16 = table;

}  // namespace burin::kernels

#include "kernels/simd/avx512.h"

#include "kernels/matmul/direct.h"
#include "kernels/matmul/tables.h"

namespace burin::kernels {
namespace {

constexpr MatmulKernel table[] = {
    MatmulDirect<Avx512>::entry("direct_14x32_avx512", Isa::avx512),
};

}  // namespace

constinit const std::span<const MatmulKernel> matmul_avx512 = table;

}  // namespace burin::kernels

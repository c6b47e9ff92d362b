#include "kernels/simd/avx2.h"

#include "kernels/matmul/direct.h"
#include "kernels/matmul/tables.h"

namespace burin::kernels {
namespace {

constexpr MatmulKernel table[] = {
    MatmulDirect<Avx2>::entry("direct_6x16_avx2", Isa::avx2),
};

}  // namespace

constinit const std::span<const MatmulKernel> matmul_avx2 = table;

}  // namespace burin::kernels

#include "kernels/simd/avx2.h"

#include "kernels/pool/generic.h"

namespace burin::kernels {

constinit const PoolKernels pool_avx2 =
    PoolLoops<xsimd::fma3<xsimd::avx2>, Avx2>::table("avx2", Isa::avx2);

}  // namespace burin::kernels

#include "kernels/simd/avx512.h"

#include "kernels/pool/generic.h"

namespace burin::kernels {

constinit const PoolKernels pool_avx512 =
    PoolLoops<xsimd::avx512bw, Avx512>::table("avx512", Isa::avx512);

}  // namespace burin::kernels

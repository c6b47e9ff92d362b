#include "kernels/simd/avx2.h"

#include "kernels/norm/generic.h"

namespace burin::kernels {

constinit const NormKernels norm_avx2 =
    NormLoops<xsimd::fma3<xsimd::avx2>, Avx2>::table("avx2", Isa::avx2);

}  // namespace burin::kernels

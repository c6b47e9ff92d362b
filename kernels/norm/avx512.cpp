#include "kernels/simd/avx512.h"

#include "kernels/norm/generic.h"

namespace burin::kernels {

constinit const NormKernels norm_avx512 =
    NormLoops<xsimd::avx512bw, Avx512>::table("avx512", Isa::avx512);

}  // namespace burin::kernels

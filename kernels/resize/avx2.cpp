#include "kernels/simd/avx2.h"

#include "kernels/resize/generic.h"

namespace burin::kernels {

constinit const ResizeKernels resize_avx2 =
    ResizeLoops<xsimd::fma3<xsimd::avx2>, Avx2>::table("avx2", Isa::avx2);

}  // namespace burin::kernels

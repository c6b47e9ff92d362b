#include "kernels/simd/avx512.h"

#include "kernels/resize/generic.h"

namespace burin::kernels {

constinit const ResizeKernels resize_avx512 =
    ResizeLoops<xsimd::avx512bw, Avx512>::table("avx512", Isa::avx512);

}  // namespace burin::kernels

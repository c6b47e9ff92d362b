#include "kernels/simd/avx2.h"

#include "kernels/reduce/generic.h"
#include "kernels/reduce/tables.h"

namespace burin::kernels {

constinit const ReduceKernels reduce_avx2 =
    ReduceLoops<xsimd::fma3<xsimd::avx2>, Avx2>::table("reduce_avx2", Isa::avx2);

}  // namespace burin::kernels

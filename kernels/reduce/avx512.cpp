#include "kernels/simd/avx512.h"

#include "kernels/reduce/generic.h"
#include "kernels/reduce/tables.h"

namespace burin::kernels {

constinit const ReduceKernels reduce_avx512 =
    ReduceLoops<xsimd::avx512bw, Avx512>::table("reduce_avx512", Isa::avx512);

}  // namespace burin::kernels

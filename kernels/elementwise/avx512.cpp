#include "kernels/simd/avx512.h"

#include "kernels/elementwise/generic.h"
#include "kernels/elementwise/tables.h"

namespace burin::kernels {

constinit const ElementwiseKernels elementwise_avx512 =
    elementwise_table<xsimd::avx512bw, Avx512>("elementwise_avx512", Isa::avx512);

}  // namespace burin::kernels

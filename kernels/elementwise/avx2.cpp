#include "kernels/simd/avx2.h"

#include "kernels/elementwise/generic.h"
#include "kernels/elementwise/tables.h"

namespace burin::kernels {

constinit const ElementwiseKernels elementwise_avx2 =
    elementwise_table<xsimd::fma3<xsimd::avx2>, Avx2>("elementwise_avx2", Isa::avx2);

}  // namespace burin::kernels

#include "kernels/simd/avx2.h"

#include "kernels/conv/depthwise.h"
#include "kernels/conv/depthwise_weight.h"
#include "kernels/conv/direct.h"
#include "kernels/conv/tables.h"

namespace burin::kernels {
namespace {

constexpr ConvKernel forward[] = {
    Direct<Avx2, true>::entry("direct_6x16_avx2", Isa::avx2),
    Depthwise<Avx2, true>::entry("depthwise_8x8_avx2", Isa::avx2),
};
constexpr ConvKernel data[] = {
    Direct<Avx2, false>::entry("direct_6x16_avx2", Isa::avx2),
    Depthwise<Avx2, false>::entry("depthwise_8x8_avx2", Isa::avx2),
};
constexpr ConvWeightKernel weight[] = {
    DepthwiseWeight<Avx2>::entry("depthwise_8x8_avx2", Isa::avx2),
};

}  // namespace

constinit const ConvTables conv_direct_avx2{forward, data, weight};

}  // namespace burin::kernels

#include "kernels/simd/avx512.h"

#include "kernels/conv/depthwise.h"
#include "kernels/conv/depthwise_weight.h"
#include "kernels/conv/direct.h"
#include "kernels/conv/tables.h"

namespace burin::kernels {
namespace {

constexpr ConvKernel forward[] = {
    Direct<Avx512, true>::entry("direct_14x32_avx512", Isa::avx512),
    Depthwise<Avx512, true>::entry("depthwise_8x16_avx512", Isa::avx512),
};
constexpr ConvKernel data[] = {
    Direct<Avx512, false>::entry("direct_14x32_avx512", Isa::avx512),
    Depthwise<Avx512, false>::entry("depthwise_8x16_avx512", Isa::avx512),
};
constexpr ConvWeightKernel weight[] = {
    DepthwiseWeight<Avx512>::entry("depthwise_8x16_avx512", Isa::avx512),
};

}  // namespace

constinit const ConvTables conv_direct_avx512{forward, data, weight};

}  // namespace burin::kernels

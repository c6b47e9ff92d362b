#include "kernels/simd/avx512.h"

#include "kernels/conv/tables.h"
#include "kernels/conv/weight_direct.h"

namespace burin::kernels {
namespace {

constexpr ConvWeightKernel weight[] = {
    WeightDirect<Avx512>::entry("direct_14x32_avx512", Isa::avx512),
};

}  // namespace

constinit const ConvTables conv_weight_direct_avx512{{}, {}, weight};

}  // namespace burin::kernels

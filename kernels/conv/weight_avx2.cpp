#include "kernels/simd/avx2.h"

#include "kernels/conv/tables.h"
#include "kernels/conv/weight_direct.h"

namespace burin::kernels {
namespace {

constexpr ConvWeightKernel weight[] = {
    WeightDirect<Avx2>::entry("direct_6x16_avx2", Isa::avx2),
};

}  // namespace

constinit const ConvTables conv_weight_direct_avx2{{}, {}, weight};

}  // namespace burin::kernels

#include "kernels/simd/avx2.h"

#include "kernels/conv/direct.h"
#include "kernels/conv/tables.h"

namespace burin::kernels {
namespace {

constexpr ConvKernel forward[] = {
    Direct<Avx2, true>::entry("direct_6x16_avx2", Isa::avx2),
};
constexpr ConvKernel data[] = {
    Direct<Avx2, false>::entry("direct_6x16_avx2", Isa::avx2),
};

}  // namespace

constinit const ConvTables conv_direct_avx2{forward, data, {}};

}  // namespace burin::kernels

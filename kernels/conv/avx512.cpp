#include "kernels/simd/avx512.h"

#include "kernels/conv/direct.h"
#include "kernels/conv/tables.h"

namespace burin::kernels {
namespace {

constexpr ConvKernel forward[] = {
    Direct<Avx512, true>::entry("direct_14x32_avx512", Isa::avx512),
};
constexpr ConvKernel data[] = {
    Direct<Avx512, false>::entry("direct_14x32_avx512", Isa::avx512),
};

}  // namespace

constinit const ConvTables conv_direct_avx512{forward, data, {}};

}  // namespace burin::kernels

#include "kernels/simd/avx512_bf16.h"

#include "kernels/conv/direct.h"
#include "kernels/conv/tables.h"

namespace burin::kernels {
namespace {

// The first multiplies pairs in bf16, the second f32 sources into bf16 targets.
constexpr ConvKernel forward[] = {
    Direct<Avx512Bf16Pairs, true>::entry("direct_14x32_bf16", Isa::bf16),
    Direct<Avx512Bf16, true>::entry("direct_wide_14x32_bf16", Isa::bf16),
};
constexpr ConvKernel data[] = {
    Direct<Avx512Bf16Pairs, false>::entry("direct_14x32_bf16", Isa::bf16),
    Direct<Avx512Bf16, false>::entry("direct_wide_14x32_bf16", Isa::bf16),
};

}  // namespace

constinit const ConvTables conv_direct_bf16{forward, data, {}};

}  // namespace burin::kernels

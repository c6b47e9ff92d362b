// Winograd entries of AVX512_BF16 for kernels of 3x3x3; see winograd_bf16.cpp.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512_bf16.h"

namespace burin::kernels {
namespace {

template <bool data>
using Wide = WinogradEntry<Avx512Bf16, WinogradF23, WinogradF43, 1, data>;
template <bool data>
using Pairs = WinogradEntry<Avx512Bf16Pairs, WinogradF23, WinogradF23, 1, data>;

constexpr ConvKernel forward[] = {Wide<false>::entry("winograd_f2x4x4_wide_14x32_bf16", Isa::bf16),
                                  Pairs<false>::entry("winograd_f2x2x2_14x32_bf16", Isa::bf16)};
constexpr ConvKernel data[] = {Wide<true>::entry("winograd_f2x4x4_wide_14x32_bf16", Isa::bf16),
                               Pairs<true>::entry("winograd_f2x2x2_14x32_bf16", Isa::bf16)};

}  // namespace

constinit const ConvTables conv_winograd_3d_bf16{forward, data, {}};

}  // namespace burin::kernels

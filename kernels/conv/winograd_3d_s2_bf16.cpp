// Winograd entries of AVX512_BF16 for kernels of 4x4x4 and stride 2: products in bf16; see
// winograd_bf16.cpp.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512_bf16.h"

namespace burin::kernels {
namespace {

template <bool data>
using Entry = WinogradEntry<Avx512Bf16Pairs, WinogradF32, WinogradF32, 2, data>;

constexpr ConvKernel forward[] = {Entry<false>::entry("winograd_f3x3x3_s2_14x32_bf16", Isa::bf16)};
constexpr ConvKernel data[] = {Entry<true>::entry("winograd_f3x3x3_s2_14x32_bf16", Isa::bf16)};

}  // namespace

constinit const ConvTables conv_winograd_3d_s2_bf16{forward, data, {}};

}  // namespace burin::kernels

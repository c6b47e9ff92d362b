// Winograd entries of AVX512_BF16 for kernels of 4x4 and stride 2: products in bf16; see
// winograd_bf16.cpp.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512_bf16.h"

namespace burin::kernels {
namespace {

template <class F, bool data>
using Pairs = WinogradEntry<Avx512Bf16Pairs, WinogradF11, F, 2, data>;

constexpr ConvKernel forward[] = {
    Pairs<WinogradF32, false>::entry("winograd_f32_s2_14x32_bf16", Isa::bf16),
    Pairs<WinogradF22, false>::entry("winograd_f22_s2_14x32_bf16", Isa::bf16)};
constexpr ConvKernel data[] = {
    Pairs<WinogradF32, true>::entry("winograd_f32_s2_14x32_bf16", Isa::bf16),
    Pairs<WinogradF22, true>::entry("winograd_f22_s2_14x32_bf16", Isa::bf16)};

}  // namespace

constinit const ConvTables conv_winograd_s2_bf16{forward, data, {}};

}  // namespace burin::kernels

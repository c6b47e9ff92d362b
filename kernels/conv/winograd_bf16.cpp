// Winograd entries of AVX512_BF16; the template is winograd.h. F(2,3) multiplies in bf16, with an
// error of up to twice that of direct products where a ReLU went before; F(4,3) would have 4 to 6
// times as much, so there activations alone are bf16.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512_bf16.h"

namespace burin::kernels {
namespace {

template <bool data>
using Wide = WinogradEntry<Avx512Bf16, WinogradF11, WinogradF43, 1, data>;
template <bool data>
using Pairs = WinogradEntry<Avx512Bf16Pairs, WinogradF11, WinogradF23, 1, data>;

constexpr ConvKernel forward[] = {Wide<false>::entry("winograd_f43_wide_14x32_bf16", Isa::bf16),
                                  Pairs<false>::entry("winograd_f23_14x32_bf16", Isa::bf16)};
constexpr ConvKernel data[] = {Wide<true>::entry("winograd_f43_wide_14x32_bf16", Isa::bf16),
                               Pairs<true>::entry("winograd_f23_14x32_bf16", Isa::bf16)};

}  // namespace

constinit const ConvTables conv_winograd_bf16{forward, data, {}};

}  // namespace burin::kernels

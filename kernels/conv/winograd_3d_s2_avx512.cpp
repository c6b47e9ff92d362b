// Winograd entries of avx512 for kernels of 4x4x4 and stride 2; the template is winograd.h.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512.h"

namespace burin::kernels {
namespace {

template <bool data>
using Entry = WinogradEntry<Avx512, WinogradF32, WinogradF32, 2, data>;

constexpr ConvKernel forward[] = {
    Entry<false>::entry("winograd_f3x3x3_s2_14x32_avx512", Isa::avx512)};
constexpr ConvKernel data[] = {Entry<true>::entry("winograd_f3x3x3_s2_14x32_avx512", Isa::avx512)};

}  // namespace

constinit const ConvTables conv_winograd_3d_s2_avx512{forward, data, {}};

}  // namespace burin::kernels

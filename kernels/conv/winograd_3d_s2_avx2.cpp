// Winograd entries of avx2 for kernels of 4x4x4 and stride 2; the template is winograd.h.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx2.h"

namespace burin::kernels {
namespace {

template <bool data>
using Entry = WinogradEntry<Avx2, WinogradF32, WinogradF32, 2, data>;

constexpr ConvKernel forward[] = {Entry<false>::entry("winograd_f3x3x3_s2_6x16_avx2", Isa::avx2)};
constexpr ConvKernel data[] = {Entry<true>::entry("winograd_f3x3x3_s2_6x16_avx2", Isa::avx2)};

}  // namespace

constinit const ConvTables conv_winograd_3d_s2_avx2{forward, data, {}};

}  // namespace burin::kernels

// Winograd entries of avx512 for kernels of 4x4 and stride 2; the template is winograd.h.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512.h"

namespace burin::kernels {
namespace {

template <class F, bool data>
using Entry = WinogradEntry<Avx512, WinogradF11, F, 2, data>;

constexpr ConvKernel forward[] = {
    Entry<WinogradF32, false>::entry("winograd_f32_s2_14x32_avx512", Isa::avx512),
    Entry<WinogradF22, false>::entry("winograd_f22_s2_14x32_avx512", Isa::avx512)};
constexpr ConvKernel data[] = {
    Entry<WinogradF32, true>::entry("winograd_f32_s2_14x32_avx512", Isa::avx512),
    Entry<WinogradF22, true>::entry("winograd_f22_s2_14x32_avx512", Isa::avx512)};

}  // namespace

constinit const ConvTables conv_winograd_s2_avx512{forward, data, {}};

}  // namespace burin::kernels

// Winograd entries of avx512 for kernels of 3x3x3; the template is winograd.h.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512.h"

namespace burin::kernels {
namespace {

template <class D, bool data>
using Entry = WinogradEntry<Avx512, D, WinogradF43, 1, data>;
template <class D>
using WeightEntry = WinogradWeightEntry<Avx512, D, WinogradF43>;

constexpr ConvKernel forward[] = {
    Entry<WinogradF23, false>::entry("winograd_f2x4x4_14x32_avx512", Isa::avx512)};
constexpr ConvKernel data[] = {
    Entry<WinogradF23, true>::entry("winograd_f2x4x4_14x32_avx512", Isa::avx512)};
constexpr ConvWeightKernel weight[] = {
    WeightEntry<WinogradF23>::entry("winograd_f2x4x4_14x32_avx512", Isa::avx512)};

}  // namespace

constinit const ConvTables conv_winograd_3d_avx512{forward, data, weight};

}  // namespace burin::kernels

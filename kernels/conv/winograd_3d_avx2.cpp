// Winograd entries of avx2 for kernels of 3x3x3; the template is winograd.h.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx2.h"

namespace burin::kernels {
namespace {

template <class D, bool data>
using Entry = WinogradEntry<Avx2, D, WinogradF43, 1, data>;
template <class D>
using WeightEntry = WinogradWeightEntry<Avx2, D, WinogradF43>;

constexpr ConvKernel forward[] = {
    Entry<WinogradF23, false>::entry("winograd_f2x4x4_6x16_avx2", Isa::avx2)};
constexpr ConvKernel data[] = {
    Entry<WinogradF23, true>::entry("winograd_f2x4x4_6x16_avx2", Isa::avx2)};
constexpr ConvWeightKernel weight[] = {
    WeightEntry<WinogradF23>::entry("winograd_f2x4x4_6x16_avx2", Isa::avx2)};

}  // namespace

constinit const ConvTables conv_winograd_3d_avx2{forward, data, weight};

}  // namespace burin::kernels

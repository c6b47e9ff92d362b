// Winograd entries of avx2; the template is winograd.h.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx2.h"

namespace burin::kernels {
namespace {

constexpr ConvKernel forward[] = {WinogradEntry<Avx2, WinogradF11, WinogradF43, 1, false>::entry(
                                      "winograd_f43_6x16_avx2", Isa::avx2),
                                  WinogradEntry<Avx2, WinogradF11, WinogradF23, 1, false>::entry(
                                      "winograd_f23_6x16_avx2", Isa::avx2)};
constexpr ConvKernel data[] = {WinogradEntry<Avx2, WinogradF11, WinogradF43, 1, true>::entry(
                                   "winograd_f43_6x16_avx2", Isa::avx2),
                               WinogradEntry<Avx2, WinogradF11, WinogradF23, 1, true>::entry(
                                   "winograd_f23_6x16_avx2", Isa::avx2)};
constexpr ConvWeightKernel weight[] = {
    WinogradWeightEntry<Avx2, WinogradF11, WinogradF43>::entry("winograd_f43_6x16_avx2", Isa::avx2),
    WinogradWeightEntry<Avx2, WinogradF11, WinogradF23>::entry("winograd_f23_6x16_avx2",
                                                               Isa::avx2)};

}  // namespace

constinit const ConvTables conv_winograd_avx2{forward, data, weight};

}  // namespace burin::kernels

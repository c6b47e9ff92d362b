// Winograd entries of avx512; the template is winograd.h.
#include "kernels/conv/tables.h"
#include "kernels/conv/winograd_entry.h"
#include "kernels/simd/avx512.h"

namespace burin::kernels {
namespace {

constexpr ConvKernel forward[] = {WinogradEntry<Avx512, WinogradF11, WinogradF43, 1, false>::entry(
                                      "winograd_f43_14x32_avx512", Isa::avx512),
                                  WinogradEntry<Avx512, WinogradF11, WinogradF23, 1, false>::entry(
                                      "winograd_f23_14x32_avx512", Isa::avx512)};
constexpr ConvKernel data[] = {WinogradEntry<Avx512, WinogradF11, WinogradF43, 1, true>::entry(
                                   "winograd_f43_14x32_avx512", Isa::avx512),
                               WinogradEntry<Avx512, WinogradF11, WinogradF23, 1, true>::entry(
                                   "winograd_f23_14x32_avx512", Isa::avx512)};
constexpr ConvWeightKernel weight[] = {WinogradWeightEntry<Avx512, WinogradF11, WinogradF43>::entry(
                                           "winograd_f43_14x32_avx512", Isa::avx512),
                                       WinogradWeightEntry<Avx512, WinogradF11, WinogradF23>::entry(
                                           "winograd_f23_14x32_avx512", Isa::avx512)};

}  // namespace

constinit const ConvTables conv_winograd_avx512{forward, data, weight};

}  // namespace burin::kernels

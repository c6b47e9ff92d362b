#include "kernels/norm/norm.h"

namespace burin::kernels {
namespace {

constexpr const NormKernels* tables[] = {&norm_avx512, &norm_avx2, &norm_reference};

}  // namespace

std::span<const NormKernels* const> norm_kernels() noexcept { return tables; }

const NormKernels& norm() noexcept {
  for (const auto* table : tables)
    if (usable(table->isa)) return *table;
  return norm_reference;
}

}  // namespace burin::kernels

#include "kernels/elementwise/elementwise.h"

#include "kernels/elementwise/tables.h"

namespace burin::kernels {
namespace {

constexpr const ElementwiseKernels* entries[] = {&elementwise_avx512, &elementwise_avx2,
                                                 &elementwise_reference};

}  // namespace

std::span<const ElementwiseKernels* const> elementwise_kernels() noexcept { return entries; }

const ElementwiseKernels& elementwise() noexcept {
  for (const auto* entry : entries)
    if (usable(entry->isa)) return *entry;
  return elementwise_reference;
}

}  // namespace burin::kernels

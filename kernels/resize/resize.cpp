#include "kernels/resize/resize.h"

namespace burin::kernels {
namespace {

constexpr const ResizeKernels* tables[] = {&resize_avx512, &resize_avx2, &resize_reference};

}  // namespace

std::span<const ResizeKernels* const> resize_kernels() noexcept { return tables; }

const ResizeKernels& resize() noexcept {
  for (const auto* table : tables)
    if (usable(table->isa)) return *table;
  return resize_reference;
}

}  // namespace burin::kernels

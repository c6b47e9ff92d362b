#include "kernels/reduce/reduce.h"

#include "kernels/reduce/tables.h"

namespace burin::kernels {
namespace {

constexpr const ReduceKernels* entries[] = {&reduce_avx512, &reduce_avx2, &reduce_reference};

}  // namespace

std::span<const ReduceKernels* const> reduce_kernels() noexcept { return entries; }

const ReduceKernels& reduce() noexcept {
  for (const auto* entry : entries)
    if (usable(entry->isa)) return *entry;
  return reduce_reference;
}

}  // namespace burin::kernels

#include "kernels/pool/pool.h"

namespace burin::kernels {
namespace {

constexpr const PoolKernels* tables[] = {&pool_avx512, &pool_avx2, &pool_reference};

}  // namespace

std::span<const PoolKernels* const> pool_kernels() noexcept { return tables; }

const PoolKernels& pool() noexcept {
  for (const auto* table : tables)
    if (usable(table->isa)) return *table;
  return pool_reference;
}

}  // namespace burin::kernels

#include "kernels/move/move.h"

#include "kernels/move/tables.h"

namespace burin::kernels {
namespace {

constexpr const MoveKernels* entries[] = {&move_avx512, &move_avx2, &move_reference};

}  // namespace

std::span<const MoveKernels* const> move_kernels() noexcept { return entries; }

const MoveKernels& move() noexcept {
  for (const auto* entry : entries)
    if (usable(entry->isa)) return *entry;
  return move_reference;
}

}  // namespace burin::kernels

// What entries of the tables (table.h) answer alike.
#pragma once

#include <cstddef>

namespace burin::kernels {
namespace {

// Kernel::packed_bytes, workspace_bytes, shared_bytes: none are needed.
template <class Shape>
std::size_t no_bytes(const Shape&) noexcept {
  return 0;
}

// Kernel::row_period: a sum does not depend on how pixels are grouped.
template <class Shape>
int every_row(const Shape&) noexcept {
  return 1;
}

}  // namespace
}  // namespace burin::kernels

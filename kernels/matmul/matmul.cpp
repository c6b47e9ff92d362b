#include "kernels/matmul/matmul.h"

#include <vector>

#include "kernels/matmul/tables.h"

namespace burin::kernels {
namespace {

std::vector<const MatmulKernel*> join() {
  std::vector<const MatmulKernel*> all;
  for (const auto* table : {&matmul_reference})
    for (const MatmulKernel& entry : *table) all.push_back(&entry);
  return all;
}

}  // namespace

std::span<const MatmulKernel* const> matmul_kernels() noexcept {
  static const std::vector<const MatmulKernel*> all = join();
  return all;
}

}  // namespace burin::kernels

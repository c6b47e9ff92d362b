#include "kernels/matmul/matmul.h"

#include <vector>

#include "kernels/matmul/tables.h"
#include "kernels/onednn/onednn.h"

namespace burin::kernels {
namespace {

std::vector<const MatmulKernel*> join() {
  const auto whole = onednn_matmul_kernels();
  std::vector<const MatmulKernel*> all(whole.begin(), whole.end());
  for (const auto* table :
       {&matmul_tiles_amx, &matmul_bf16, &matmul_avx512, &matmul_avx2, &matmul_reference})
    for (const MatmulKernel& entry : *table) all.push_back(&entry);
  return all;
}

}  // namespace

std::span<const MatmulKernel* const> matmul_kernels() noexcept {
  static const std::vector<const MatmulKernel*> all = join();
  return all;
}

}  // namespace burin::kernels

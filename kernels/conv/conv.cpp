#include "kernels/conv/conv.h"

#include <vector>

#include "kernels/conv/tables.h"
#include "kernels/onednn/onednn.h"

namespace burin::kernels {
namespace {

struct Joined {
  std::vector<const ConvKernel*> forward, data;
  std::vector<const ConvWeightKernel*> weight;

  Joined() {
    // One line per file with entries.
    const ConvTables* const tables[] = {&conv_tiles_amx,
                                        &conv_tiles_weight_amx,
                                        &conv_winograd_bf16,
                                        &conv_winograd_3d_bf16,
                                        &conv_winograd_s2_bf16,
                                        &conv_winograd_3d_s2_bf16,
                                        &conv_direct_bf16,
                                        &conv_winograd_avx512,
                                        &conv_winograd_avx2,
                                        &conv_winograd_3d_avx512,
                                        &conv_winograd_3d_avx2,
                                        &conv_winograd_s2_avx512,
                                        &conv_winograd_3d_s2_avx512,
                                        &conv_winograd_s2_avx2,
                                        &conv_winograd_3d_s2_avx2,
                                        &conv_direct_avx512,
                                        &conv_direct_avx2,
                                        &conv_weight_direct_avx512,
                                        &conv_weight_direct_avx2,
                                        &conv_reference};
    append(forward, onednn_conv_forward_kernels());
    append(data, onednn_conv_data_kernels());
    append(weight, onednn_conv_weight_kernels());
    for (const ConvTables* table : tables) {
      for (const ConvKernel& entry : table->forward) forward.push_back(&entry);
      for (const ConvKernel& entry : table->data) data.push_back(&entry);
      for (const ConvWeightKernel& entry : table->weight) weight.push_back(&entry);
    }
  }

 private:
  template <class Entry>
  static void append(std::vector<const Entry*>& to, std::span<const Entry* const> entries) {
    to.insert(to.end(), entries.begin(), entries.end());
  }
};

const Joined& joined() noexcept {
  static const Joined tables;
  return tables;
}

}  // namespace

std::span<const ConvKernel* const> conv_forward_kernels() noexcept { return joined().forward; }
std::span<const ConvKernel* const> conv_data_kernels() noexcept { return joined().data; }
std::span<const ConvWeightKernel* const> conv_weight_kernels() noexcept { return joined().weight; }

}  // namespace burin::kernels

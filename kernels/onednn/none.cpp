// This build has no oneDNN.
#include "kernels/onednn/onednn.h"

namespace burin::kernels {

std::span<const ConvKernel* const> onednn_conv_forward_kernels() noexcept { return {}; }
std::span<const ConvKernel* const> onednn_conv_data_kernels() noexcept { return {}; }
std::span<const ConvWeightKernel* const> onednn_conv_weight_kernels() noexcept { return {}; }
std::span<const MatmulKernel* const> onednn_matmul_kernels() noexcept { return {}; }

}  // namespace burin::kernels

// oneDNN as entries of our tables: it serves what our kernels refuse, and is the yardstick of
// perf/.
//
// Built from convolution.cpp and product.cpp where oneDNN is found (2.6 or 3.x, api.h), else from
// none.cpp, which gives empty spans. Every entry is `kernel_whole`: oneDNN brings its own OpenMP
// team, so it has one stage of one task and must be called outside a team of ours. Where oneDNN
// cannot prepare a shape the entry refuses it; what fails later throws dnnl::error or bad_alloc.
// What it prepares, the layout of packed weights too, is for the number of threads of that moment
// (omp_get_max_threads).
#pragma once

#include <span>

#include "kernels/conv/conv.h"
#include "kernels/matmul/matmul.h"

namespace burin::kernels {

[[nodiscard]] std::span<const ConvKernel* const> onednn_conv_forward_kernels() noexcept;
[[nodiscard]] std::span<const ConvKernel* const> onednn_conv_data_kernels() noexcept;
[[nodiscard]] std::span<const ConvWeightKernel* const> onednn_conv_weight_kernels() noexcept;
[[nodiscard]] std::span<const MatmulKernel* const> onednn_matmul_kernels() noexcept;

}  // namespace burin::kernels

// What the pooling ops check, and the kernel arguments that follow.
#pragma once

#include <span>
#include <string_view>

#include "engine/autograd/attributes.h"
#include "engine/tensor/tensor.h"
#include "kernels/pool/pool.h"

namespace burin {

// inputs: x [n,c,(d),h,w]. Throws Error{op, expected, got}: rank 3 to 5, kernel and stride >= 1,
// 0 <= pad < kernel, at least one window, and up to 2^24 taps.
[[nodiscard]] Shape infer_pool(std::string_view op, std::span<const Shape> inputs,
                               const Attributes& attributes);
// Of a shape that infer_pool accepted.
[[nodiscard]] kernels::PoolShape pool_shape(const Shape& x, const PoolAttributes& attributes);

// d, h, w; absent axes are 1. Throws Error{op} for rank outside 3..5 or a size beyond an int.
[[nodiscard]] std::array<int, 3> image_size(std::string_view op, const Shape& shape);

// source and target are channels last.
[[nodiscard]] kernels::PoolArgs pool_args(const kernels::PoolShape& shape, const Tensor& source,
                                          const Tensor& target, void* index);
[[nodiscard]] kernels::PoolArgsBf16 pool_args_bf16(const kernels::PoolShape& shape,
                                                   const Tensor& source, const Tensor& target);

}  // namespace burin

// The matrix product of a dense layer: x [n,k], weight [outputs,k].
#pragma once

#include "engine/tensor/shape.h"
#include "kernels/matmul/matmul.h"

namespace burin {

[[nodiscard]] inline kernels::MatmulShape linear_shape(const Shape& x, std::int64_t outputs) {
  return {.m = x[0], .n = outputs, .k = x[1], .a_row = x[1], .b_depth = 1, .b_column = x[1]};
}

}  // namespace burin

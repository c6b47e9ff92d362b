#include "engine/ops/all_ops.h"

#include <vector>

namespace burin {

std::span<const OpDef* const> all_ops() noexcept {
  static const std::vector<const OpDef*> ops = {
      &conv_op,         &conv_transpose_op,      &linear_op,     &matmul_op,        &max_pool_op,
      &average_pool_op, &global_average_pool_op, &batch_norm_op, &instance_norm_op, &group_norm_op,
      &resize_op,
  };
  return ops;
}

}  // namespace burin

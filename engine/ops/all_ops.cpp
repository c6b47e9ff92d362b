#include "engine/ops/all_ops.h"

#include <vector>

namespace burin {

std::span<const OpDef* const> all_ops() noexcept {
  static const std::vector<const OpDef*> ops = {
      &conv_op,
      &conv_transpose_op,
      &linear_op,
      &matmul_op,
      &max_pool_op,
      &average_pool_op,
      &global_average_pool_op,
      &batch_norm_op,
      &instance_norm_op,
      &group_norm_op,
      &resize_op,
      &activate_op,
      &softmax_op,
      &log_softmax_op,
      &glu_op,
      &add_op,
      &add_activate_op,
      &subtract_op,
      &multiply_op,
      &scale_op,
      &concat_op,
      &slice_op,
      &pad_op,
      &border_bias_op,
      &reshape_op,
      &transpose_op,
      &dropout_op,
      &sum_op,
      &mean_op,
      &dice_loss_op,
      &bce_loss_op,
      &cross_entropy_loss_op,
      &l1_loss_op,
      &l2_loss_op,
      &unary_op,
      &predicate_op,
      &binary_op,
      &compare_op,
      &where_op,
      &reduce_op,
      &arg_extreme_op,
      &cumulative_sum_op,
      &cast_op,
      &expand_op,
      &tile_op,
      &slice_steps_op,
      &gather_op,
      &gather_elements_op,
      &gather_nd_op,
      &scatter_elements_op,
      &scatter_nd_op,
      &one_hot_op,
  };
  return ops;
}

}  // namespace burin

// Every op of the engine, declared once. To add one: a line here, a line in all_ops.cpp, a row in
// tests/engine/op_rows_<family>.cpp. The file that defines an op includes this header.
#pragma once

#include "engine/autograd/op.h"

namespace burin {

extern const OpDef conv_op;            // conv.cpp
extern const OpDef conv_transpose_op;  // conv_transpose.cpp
extern const OpDef linear_op;          // linear.cpp
extern const OpDef matmul_op;          // matmul.cpp
extern const OpDef max_pool_op;
extern const OpDef average_pool_op;
extern const OpDef global_average_pool_op;
extern const OpDef batch_norm_op;
extern const OpDef instance_norm_op;
extern const OpDef group_norm_op;
extern const OpDef resize_op;
extern const OpDef activate_op;
extern const OpDef softmax_op;
extern const OpDef log_softmax_op;
extern const OpDef glu_op;
extern const OpDef add_op;
extern const OpDef add_activate_op;  // add.cpp
extern const OpDef subtract_op;
extern const OpDef multiply_op;
extern const OpDef scale_op;
extern const OpDef concat_op;
extern const OpDef slice_op;
extern const OpDef pad_op;
extern const OpDef border_bias_op;
extern const OpDef reshape_op;
extern const OpDef transpose_op;
extern const OpDef dropout_op;
extern const OpDef sum_op;
extern const OpDef mean_op;
extern const OpDef dice_loss_op;
extern const OpDef bce_loss_op;
extern const OpDef cross_entropy_loss_op;
extern const OpDef l1_loss_op;
extern const OpDef l2_loss_op;

// Of any type, as ONNX files ask for.
extern const OpDef unary_op;
extern const OpDef predicate_op;
extern const OpDef binary_op;
extern const OpDef compare_op;
extern const OpDef where_op;
extern const OpDef reduce_op;
extern const OpDef arg_extreme_op;
extern const OpDef cumulative_sum_op;
extern const OpDef cast_op;
extern const OpDef expand_op;
extern const OpDef tile_op;
extern const OpDef slice_steps_op;
extern const OpDef gather_op;
extern const OpDef gather_elements_op;
extern const OpDef gather_nd_op;
extern const OpDef scatter_elements_op;
extern const OpDef scatter_nd_op;
extern const OpDef one_hot_op;
extern const OpDef resample_op;
extern const OpDef dilated_max_pool_op;
extern const OpDef top_op;
extern const OpDef quantize_op;
extern const OpDef dequantize_op;
extern const OpDef integer_conv_op;
extern const OpDef integer_matmul_op;
extern const OpDef grid_sample_op;

}  // namespace burin

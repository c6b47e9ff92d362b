// What users call. Shapes are N,C,[D],H,W; every function throws Error{op, expected, got} on a
// wrong shape.
#pragma once

#include <span>

#include "engine/autograd/tape.h"

namespace burin {

// x [n,c,(d),h,w], weight [oc, c/groups, (kd), kh, kw], bias [oc] or absent -> [n,oc,...]
Value conv(const Value& x, const Value& weight, const Value& bias,
           const ConvAttributes& attributes);
// x [n,c,(d),h,w], weight [c, oc/groups, (kd), kh, kw], bias [oc] or absent; size (in-1)*stride -
// pads + dilation*(k-1) + 1 + output_padding
Value conv_transpose(const Value& x, const Value& weight, const Value& bias,
                     const ConvAttributes& attributes);
// x [n,k], weight [m,k], bias [m] or absent -> [n,m] = x * weight^T + bias
Value linear(const Value& x, const Value& weight, const Value& bias);
// a [..,m,k], b [..,k,n] -> [..,m,n]; leading sizes agree or are 1
Value matmul(const Value& a, const Value& b);

Value max_pool(const Value& x, const PoolAttributes& attributes);
Value average_pool(const Value& x, const PoolAttributes& attributes);
Value global_average_pool(const Value& x);  // -> [n,c,(1),1,1]

// gamma, beta, running mean and variance: [c]. In training the batch's statistics are used and the
// running ones updated in place.
Value batch_norm(const Value& x, const Value& gamma, const Value& beta, const Value& running_mean,
                 const Value& running_variance, const NormAttributes& attributes);
// gamma and beta: [c] or absent.
Value instance_norm(const Value& x, const Value& gamma, const Value& beta,
                    const NormAttributes& attributes);
Value group_norm(const Value& x, const Value& gamma, const Value& beta,
                 const NormAttributes& attributes);

Value resize(const Value& x, const ResizeAttributes& attributes);
// Any axes and positions; f32, nearest any type.
Value resample(const Value& x, const ResampleAttributes& attributes);

Value activate(const Value& x, const ActivationAttributes& attributes);
Value relu(const Value& x);
Value leaky_relu(const Value& x, float slope);
Value sigmoid(const Value& x);
Value tanh(const Value& x);
Value softmax(const Value& x, int axis = 1);
Value log_softmax(const Value& x, int axis = 1);
Value glu(const Value& x, int axis = 1);  // first half * sigmoid(second half)

// Sizes must agree, or be 1 on one side (broadcast).
Value add(const Value& a, const Value& b, const ActivationAttributes& attributes = {});
Value subtract(const Value& a, const Value& b);
Value multiply(const Value& a, const Value& b);
Value scale(const Value& x, float factor, float shift = 0.0f);
Value concat(std::span<const Value> parts, int axis = 1);
Value slice(const Value& x, int axis, std::int64_t first, std::int64_t count);
Value pad(const Value& x, const PadAttributes& attributes);
// y = x + bias[q(o)], a vector per place of the pixel o: q counts 0 (first), 1 (inside) or 2 (last)
// on each spatial axis, w fastest. x [n,c,(d),h,w] with spatial sizes of 2 or more, bias [3^axes, c].
Value border_bias(const Value& x, const Value& bias);
Value reshape(const Value& x, std::span<const std::int64_t> shape);
// Axis i of the result is axis order[i] of x.
Value transpose(const Value& x, std::span<const int> order);
// In training a share `rate` of the numbers becomes 0, drawn by the tape's key; the rest is divided
// by 1 - rate.
Value dropout(const Value& x, float rate);
Value sum(const Value& x, std::span<const int> axes, bool keep = true);
Value mean(const Value& x, std::span<const int> axes, bool keep = true);

// y = f(x); whole numbers: absolute, negative and sign only.
Value unary(const Value& x, const UnaryAttributes& attributes);
// Of bool (opposite) or of f32 and f64 (the others) -> bool.
Value predicate(const Value& x, Predicate function);
// Of one type each; sizes agree or are 1. compare -> bool; both, either and one take bool.
Value binary(const Value& a, const Value& b, Binary function);
Value compare(const Value& a, const Value& b, Comparison function);
// condition ? a : b; condition is bool, sizes agree or are 1.
Value where(const Value& condition, const Value& a, const Value& b);
Value reduce(const Value& x, const ReduceAttributes& attributes);
Value arg_extreme(const Value& x, const ArgAttributes& attributes);  // -> i64
Value cumulative_sum(const Value& x, const CumulativeAttributes& attributes);
Value cast(const Value& x, DType type);
// Repeats axes of size 1, and the whole along axes that are added in front.
Value expand(const Value& x, std::span<const std::int64_t> shape);
Value tile(const Value& x, std::span<const std::int64_t> repeats);
Value slice_steps(const Value& x, const StepsAttributes& attributes);
// Indices are i32 or i64; negative ones count from the end. Out of range: Error.
// gather: the axis is replaced by the axes of the indices; gather_elements: y[i] = x[i with
// indices[i] on the axis]; gather_nd: the last axis of indices holds leading indices of x.
Value gather(const Value& x, const Value& indices, int axis);
Value gather_elements(const Value& x, const Value& indices, int axis);
Value gather_nd(const Value& x, const Value& indices, int batch_axes = 0);
// x with numbers put in, or added to, where gather_elements and gather_nd would read.
Value scatter_elements(const Value& x, const Value& indices, const Value& updates,
                       const ScatterAttributes& attributes);
Value scatter_nd(const Value& x, const Value& indices, const Value& updates,
                 ScatterMode mode = ScatterMode::replace);
// values [off, on]; a new axis of size depth.
Value one_hot(const Value& indices, const Value& values, const OneHotAttributes& attributes);

Value top(const Value& x, const TopAttributes& attributes);                       // -> i64
Value dilated_max_pool(const Value& x, const DilatedPoolAttributes& attributes);  // places -> i64

// x [n,c,(d),h,w], grid [n, result's (d),h,w, 2 or 3] with x before y (before z) in -1..1
Value grid_sample(const Value& x, const Value& grid, const GridAttributes& attributes);

// scale f32, zero of the quantized type or absent: one number, or [size of the axis].
// quantize: saturate(round(x / scale) + zero), halves to even. dequantize: (x - zero) * scale.
Value quantize(const Value& x, const Value& scale, const Value& zero,
               const QuantizeAttributes& attributes);
Value dequantize(const Value& x, const Value& scale, const Value& zero,
                 const QuantizeAttributes& attributes);
// u8 or s8 -> i32. Zeros have the types of their operands and may be absent: one number; that of a
// weight may be one for each output, those of integer_matmul one for each row of a or column of b.
Value integer_conv(const Value& x, const Value& weight, const Value& x_zero,
                   const Value& weight_zero, const ConvAttributes& attributes);
Value integer_matmul(const Value& a, const Value& b, const Value& a_zero, const Value& b_zero);

// Losses: scalars (rank 0). target has the prediction's shape, but for cross_entropy [n,(d),h,w] of
// i32 classes. Dice: 1 - (2*sum(y*p) + s) / (sum(y) + sum(p) + s), sums over the whole batch.
Value dice_loss(const Value& prediction, const Value& target, const LossAttributes& attributes);
Value bce_loss(const Value& prediction, const Value& target, const LossAttributes& attributes);
Value cross_entropy_loss(const Value& logits, const Value& target,
                         const LossAttributes& attributes);
Value l1_loss(const Value& prediction, const Value& target);
Value l2_loss(const Value& prediction, const Value& target);

}  // namespace burin

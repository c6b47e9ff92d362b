// y[n,c,o] = max_t x[n,c, o*stride + t - pad]; the first of equal numbers gets the gradient.
#include "engine/ops/all_ops.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/pool_shape.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_pool("max_pool", inputs, attributes);
}

// Saves which tap won: one byte a result, so that x need not be kept.
Tensor forward_bf16(const ForwardContext& context, const Tensor& x) {
  const Shape shapes[] = {x.shape()};
  const Tensor y = context.output(infer(shapes, context.attributes), DType::bf16);
  const auto shape = pool_shape(x.shape(), std::get<PoolAttributes>(context.attributes));
  const auto args = pool_args_bf16(shape, x, y);
  const auto& table = kernels::pool();
  runtime::parallel_for(
      shape.out_rows(), rows_grain(std::int64_t{4} * shape.out(2) * shape.channels),
      [&](std::int64_t first, std::int64_t last, int) { table.max_bf16(args, first, last); });
  return y;
}

Tensor forward(ForwardContext& context) {
  if (context.inputs[0].dtype() == DType::bf16 && !context.training)
    return forward_bf16(context, as_channels_last_real("max_pool", context.inputs[0]));
  const Tensor x = as_channels_last("max_pool", context.inputs[0]);  // [n, c, ...]
  const Shape shapes[] = {x.shape()};
  const Tensor y = context.output(infer(shapes, context.attributes));
  const auto shape = pool_shape(x.shape(), std::get<PoolAttributes>(context.attributes));
  Tensor index;
  if (context.training) {
    const bool narrow = shape.taps() <= kernels::pool_narrow_taps;
    index = Tensor::empty(y.shape(), narrow ? DType::u8 : DType::i32);
    context.saved.push_back(index);
  }
  const auto args = pool_args(shape, x, y, index ? index.storage()->data() : nullptr);
  const auto& table = kernels::pool();
  runtime::parallel_for(
      shape.out_rows(), rows_grain(std::int64_t{4} * shape.out(2) * shape.channels),
      [&](std::int64_t first, std::int64_t last, int) { table.max(args, first, last); });
  return y;
}

void backward(BackwardContext& context) {
  if (!context.wants[0]) return;
  const Tensor dy = as_channels_last("max_pool", context.dy);
  const Tensor dx = Tensor::empty(context.input_shapes[0]);
  const auto shape = pool_shape(dx.shape(), std::get<PoolAttributes>(context.attributes));
  const auto args = pool_args(shape, dy, dx, context.saved[0].storage()->data());
  const auto& table = kernels::pool();
  runtime::parallel_for(
      shape.in_rows(), rows_grain(std::int64_t{shape.in[2]} * shape.channels),
      [&](std::int64_t first, std::int64_t last, int) { table.max_gradient(args, first, last); });
  context.gradients[0] = dx;
}

}  // namespace

const OpDef max_pool_op{.name = "max_pool",
                        .infer = infer,
                        .forward = forward,
                        .backward = backward,
                        .needs = Needs::nothing,
                        .keeps_bf16 = true};

Value max_pool(const Value& x, const PoolAttributes& attributes) {
  return x.tape().record(max_pool_op, {x}, attributes);
}

}  // namespace burin

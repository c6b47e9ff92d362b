// y[n,c,o] = sum_t x[n,c, o*stride + t - pad] / count(o)
#include "engine/ops/all_ops.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/pool_shape.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_pool("average_pool", inputs, attributes);
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last("average_pool", context.inputs[0]);  // [n, c, ...]
  const Shape shapes[] = {x.shape()};
  const Tensor y = context.output(infer(shapes, context.attributes));
  const auto shape = pool_shape(x.shape(), std::get<PoolAttributes>(context.attributes));
  const auto args = pool_args(shape, x, y, nullptr);
  const auto& table = kernels::pool();
  runtime::parallel_for(
      shape.out_rows(), rows_grain(std::int64_t{4} * shape.out(2) * shape.channels),
      [&](std::int64_t first, std::int64_t last, int) { table.average(args, first, last); });
  return y;
}

void backward(BackwardContext& context) {
  if (!context.wants[0]) return;
  const Tensor dy = as_channels_last("average_pool", context.dy);
  const Tensor dx = Tensor::empty(context.input_shapes[0]);
  const auto shape = pool_shape(dx.shape(), std::get<PoolAttributes>(context.attributes));
  const auto args = pool_args(shape, dy, dx, nullptr);
  const auto& table = kernels::pool();
  runtime::parallel_for(shape.in_rows(), rows_grain(std::int64_t{shape.in[2]} * shape.channels),
                        [&](std::int64_t first, std::int64_t last, int) {
                          table.average_gradient(args, first, last);
                        });
  context.gradients[0] = dx;
}

}  // namespace

const OpDef average_pool_op{.name = "average_pool",
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .needs = Needs::nothing};

Value average_pool(const Value& x, const PoolAttributes& attributes) {
  return x.tape().record(average_pool_op, {x}, attributes);
}

}  // namespace burin

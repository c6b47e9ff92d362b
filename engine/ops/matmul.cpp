// y[m,n] = sum_k a[m,k] * b[k,n];  da = dy * b^T;  db = a^T * dy
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/run_kernel.h"

namespace burin {

namespace {

using kernels::MatmulShape;

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  const Shape &a = inputs[0], &b = inputs[1];
  if (a.rank() != 2) throw Error("matmul", "a of rank 2", a.text());
  if (b.rank() != 2 || b[0] != a[1])
    throw Error("matmul", "b [" + std::to_string(a[1]) + ", n]", b.text());
  return {a[0], b[1]};
}

Tensor forward(ForwardContext& context) {
  const Tensor a = as_channels_last("matmul", context.inputs[0]);  // [m, k]
  const Tensor b = as_channels_last("matmul", context.inputs[1]);  // [k, n]
  const std::int64_t m = a.shape()[0], k = a.shape()[1], n = b.shape()[1];
  const Tensor y = context.output({m, n});
  run_matmul({"matmul",
              "forward",
              {.m = m, .n = n, .k = k, .a_row = a.pixel_stride(), .b_depth = b.pixel_stride()}},
             a.data(), b.data(), nullptr, y.data(), y.pixel_stride());
  return y;
}

void backward(BackwardContext& context) {
  const Tensor dy = as_channels_last("matmul", context.dy);  // [m, n]
  const std::int64_t m = dy.shape()[0], n = dy.shape()[1], k = context.input_shapes[0][1];
  if (context.wants[0]) {
    const Tensor b = as_channels_last("matmul", context.inputs[1]);  // [k, n]
    const Tensor da = Tensor::empty({m, k});
    const MatmulShape shape{.m = m,
                            .n = k,
                            .k = n,
                            .a_row = dy.pixel_stride(),
                            .b_depth = 1,
                            .b_column = b.pixel_stride()};
    run_matmul({"matmul", "data", shape}, dy.data(), b.data(), nullptr, da.data(), k);
    context.gradients[0] = da;
  }
  if (context.wants[1]) {
    const Tensor a = as_channels_last("matmul", context.inputs[0]);  // [m, k]
    const Tensor db = Tensor::empty({k, n});
    const MatmulShape shape{.m = k,
                            .n = n,
                            .k = m,
                            .a_row = 1,
                            .a_depth = a.pixel_stride(),
                            .b_depth = dy.pixel_stride()};
    run_matmul({"matmul", "weight", shape}, a.data(), dy.data(), nullptr, db.data(), n);
    context.gradients[1] = db;
  }
}

std::int64_t macs(std::span<const Shape> inputs, const Attributes&) {
  return inputs[0].elements() * inputs[1][1];
}

}  // namespace

const OpDef matmul_op{.name = "matmul",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::inputs,
                      .macs = macs};

Value matmul(const Value& a, const Value& b) { return a.tape().record(matmul_op, {a, b}, {}); }

}  // namespace burin

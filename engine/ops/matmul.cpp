// y[..,m,n] = sum_k a[..,m,k] * b[..,k,n], leading axes repeated;  da = dy * b^T;  db = a^T * dy,
// summed over the axes that were repeated
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/batches.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/run_kernel.h"

namespace burin {

namespace {

using kernels::MatmulShape;

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return product_shape("matmul", inputs[0], inputs[1]);
}

// A stack of matrices, each read as it lies or turned over.
struct Factor {
  Tensor stack;
  bool turned = false;

  // Rank 2 keeps the gaps of a channel slice, a stack is row major.
  Factor(const Tensor& given, bool turn)
      : stack(given.shape().rank() == 2 ? as_channels_last("matmul", given)
                                        : as_row_major("matmul", given)),
        turned(turn) {}
  [[nodiscard]] std::int64_t rows() const { return size(turned ? 1 : 2); }
  [[nodiscard]] std::int64_t columns() const { return size(turned ? 2 : 1); }
  // From one row as read to the next, from one column to the next.
  [[nodiscard]] std::int64_t row_step() const { return turned ? 1 : line(); }
  [[nodiscard]] std::int64_t column_step() const { return turned ? line() : 1; }

 private:
  [[nodiscard]] std::int64_t size(int from_end) const {
    return stack.shape()[stack.shape().rank() - from_end];
  }
  [[nodiscard]] std::int64_t line() const {
    return stack.shape().rank() == 2 ? stack.pixel_stride() : size(1);
  }
};

struct Pass {
  std::string_view name;
  Precision precision;
};

// y: the stack of products, dense rows (or channels last with a pixel stride for rank 2).
void multiply(const Pass& pass, const Factor& a, const Factor& b, const Tensor& y) {
  const std::int64_t m = a.rows(), n = b.columns();
  const MatmulShape shape{.m = m,
                          .n = n,
                          .k = a.columns(),
                          .a_row = a.row_step(),
                          .a_depth = a.column_step(),
                          .b_depth = b.row_step(),
                          .b_column = b.column_step()};
  const std::int64_t y_row = y.shape().rank() == 2 ? y.pixel_stride() : n;
  each_matrix(a.stack, b.stack, leading(y.shape()), [&](std::int64_t i, auto from_a, auto from_b) {
    run_matmul({"matmul", pass.name, shape, nullptr, {}, pass.precision}, a.stack.data() + from_a,
               b.stack.data() + from_b, nullptr, y.data() + i * m * n, y_row);
  });
}

Tensor forward(ForwardContext& context) {
  const Factor a(context.inputs[0], false), b(context.inputs[1], false);
  const Shape shape = product_shape("matmul", a.stack.shape(), b.stack.shape());
  const Tensor y = shape.rank() == 2 ? context.output(shape)
                                     : Tensor::empty(shape, DType::f32, Order::row_major);
  multiply({"forward", context.precision}, a, b, y);
  return y;
}

// The gradient of an operand, of which there is one for each matrix of dy.
Tensor gradient(const Pass& pass, const Factor& a, const Factor& b, const Shape& operand) {
  const Shape shape = broadcast_shape("matmul", leading(a.stack.shape()), leading(b.stack.shape()));
  std::vector<std::int64_t> sizes(shape.sizes().begin(), shape.sizes().end());
  sizes.insert(sizes.end(), {a.rows(), b.columns()});
  const Tensor out = Tensor::empty(Shape(sizes), DType::f32, Order::row_major);
  multiply(pass, a, b, out);
  return reduce_to(out, operand);
}

void backward(BackwardContext& context) {
  if (context.wants[0])
    context.gradients[0] = gradient({"data", context.precision}, Factor(context.dy, false),
                                    Factor(context.inputs[1], true), context.input_shapes[0]);
  if (context.wants[1])
    context.gradients[1] = gradient({"weight", context.precision}, Factor(context.inputs[0], true),
                                    Factor(context.dy, false), context.input_shapes[1]);
}

std::int64_t macs(std::span<const Shape> inputs, const Attributes&) {
  const Shape y = product_shape("matmul", inputs[0], inputs[1]);
  return y.elements() * inputs[0][inputs[0].rank() - 1];
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

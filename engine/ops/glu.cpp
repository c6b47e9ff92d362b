// y = a * sigmoid(b), a and b the halves of x along an axis;
// da = dy * sigmoid(b), db = dy * a * sigmoid(b) * (1 - sigmoid(b))
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/runtime/workers.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

int axis_in(const Shape& shape, const Attributes& attributes) {
  return axis_of("glu", shape, std::get<AxisAttributes>(attributes).axis);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const int axis = axis_in(inputs[0], attributes);
  if (inputs[0][axis] % 2 != 0)
    throw Error("glu", "an even size of axis " + std::to_string(axis), inputs[0].text());
  return inputs[0].with(axis, inputs[0][axis] / 2);
}

// f(first row, rows)
template <class F>
void over_rows(const AxisRows& y, const F& f) {
  runtime::parallel_for(
      y.outer, rows_grain(y.length * y.inner),
      [&](std::int64_t first, std::int64_t last, int) { f(first, last - first); });
}

Tensor forward(ForwardContext& context) {
  const Shape& shape = require_f32("glu", context.inputs[0]).shape();
  const int axis = axis_in(shape, context.attributes);
  const Shape halved = shape.with(axis, shape[axis] / 2);
  const AxisRows x = axis_rows(context.inputs[0], axis);
  const AxisRows y = axis_rows(axis == 1 ? context.output(halved) : Tensor::empty(halved), axis);
  const std::int64_t half = y.length * y.inner;
  over_rows(y, [&](std::int64_t first, std::int64_t rows) {
    const float* in = x.tensor.data() + first * x.stride;
    kernels::elementwise().pointwise.glu({rows, half}, {in, x.stride}, {in + half, x.stride},
                                         {y.tensor.data() + first * y.stride, y.stride});
  });
  return y.tensor;
}

void backward(BackwardContext& context) {
  const int axis = axis_in(context.input_shapes[0], context.attributes);
  const AxisRows x = axis_rows(context.inputs[0], axis), dy = axis_rows(context.dy, axis);
  const AxisRows dx = axis_rows(Tensor::empty(context.input_shapes[0]), axis);
  const std::int64_t half = dy.length * dy.inner;
  over_rows(dy, [&](std::int64_t first, std::int64_t rows) {
    const float* in = x.tensor.data() + first * x.stride;
    float* out = dx.tensor.data() + first * dx.stride;
    kernels::elementwise().pointwise.glu_backward(
        {rows, half}, {dy.tensor.data() + first * dy.stride, dy.stride}, {in, x.stride},
        {in + half, x.stride}, {out, dx.stride}, {out + half, dx.stride});
  });
  context.gradients[0] = dx.tensor;
}

}  // namespace

const OpDef glu_op{.name = "glu",
                   .infer = infer,
                   .forward = forward,
                   .backward = backward,
                   .needs = Needs::inputs};

Value glu(const Value& x, int axis) {
  return x.tape().record(glu_op, {x}, AxisAttributes{.axis = axis});
}

}  // namespace burin

#include "engine/ops/softmax_family.h"

#include "engine/error.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/runtime/workers.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

template <class F>
void over_rows(const AxisRows& x, const F& f) {
  // A multiple of 16, so that no vector of pixels is cut.
  const std::int64_t grain = (rows_grain(x.length * x.inner) + 15) / 16 * 16;
  runtime::parallel_for(
      x.outer, grain, [&](std::int64_t first, std::int64_t last, int) { f(first, last - first); });
}

std::string_view name_of(bool logarithm) { return logarithm ? "log_softmax" : "softmax"; }

int axis_in(std::string_view op, const Shape& shape, const Attributes& attributes) {
  return axis_of(op, shape, std::get<AxisAttributes>(attributes).axis);
}

}  // namespace

Shape softmax_infer(std::string_view op, std::span<const Shape> inputs,
                    const Attributes& attributes) {
  const int axis = axis_in(op, inputs[0], attributes);
  if (inputs[0][axis] < 1) throw Error(std::string(op), "one entry or more", inputs[0].text());
  return inputs[0];
}

Tensor softmax_forward(const ForwardContext& context, bool logarithm) {
  const Tensor& given = require_f32(name_of(logarithm), context.inputs[0]);
  const int axis = axis_in(name_of(logarithm), given.shape(), context.attributes);
  const AxisRows x = axis_rows(given, axis);
  const bool whole = x.inner > 1;  // the loop below walks both alike
  const Tensor y = whole ? Tensor::empty(given.shape()) : context.output(given.shape());
  const AxisRows target = axis_rows(y, axis);
  const auto& table = kernels::elementwise().softmax;
  over_rows(x, [&](std::int64_t first, std::int64_t count) {
    const float* in = x.tensor.data() + first * x.stride;
    float* out = y.data() + first * target.stride;
    if (x.inner == 1)
      return table.forward({count, x.length}, {in, x.stride}, {out, target.stride}, logarithm);
    for (std::int64_t r = 0; r < count; ++r)
      table.columns({x.length, x.inner, x.inner}, in + r * x.stride, out + r * x.stride, logarithm);
  });
  return y;
}

void softmax_backward(BackwardContext& context, bool logarithm) {
  const int axis = axis_in(name_of(logarithm), context.dy.shape(), context.attributes);
  const AxisRows dy = axis_rows(context.dy, axis), y = axis_rows(context.output, axis);
  const Tensor dx = Tensor::empty(context.dy.shape());
  const AxisRows target = axis_rows(dx, axis);
  const auto& table = kernels::elementwise().softmax;
  over_rows(dy, [&](std::int64_t first, std::int64_t count) {
    const float* g = dy.tensor.data() + first * dy.stride;
    const float* value = y.tensor.data() + first * y.stride;
    float* out = dx.data() + first * target.stride;
    if (dy.inner == 1)
      return table.backward({count, dy.length}, {g, dy.stride}, {value, y.stride},
                            {out, target.stride}, logarithm);
    for (std::int64_t r = 0; r < count; ++r)
      table.columns_backward({dy.length, dy.inner, dy.inner}, g + r * dy.stride,
                             value + r * dy.stride, out + r * dy.stride, logarithm);
  });
  context.gradients[0] = dx;
}

}  // namespace burin

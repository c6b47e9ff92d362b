// y[n,m] = act(bias[m] + sum_k x[n,k] * w[m,k]);  dx = dy * w;  dw = dy^T * x; the activation in
// inference only
#include <cassert>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/linear_shape.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/run_kernel.h"

namespace burin {

namespace {

using kernels::MatmulShape;

const LinearAttributes& attributes_of(const Attributes& attributes) {
  return std::get<LinearAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  const Shape &x = inputs[0], &w = inputs[1];
  if (x.rank() != 2) throw Error("linear", "x of rank 2", x.text());
  if (w.rank() != 2 || w[1] != x[1])
    throw Error("linear", "weight [outputs, " + std::to_string(x[1]) + "]", w.text());
  if (inputs[2].rank() != 0 && (inputs[2].rank() != 1 || inputs[2][0] != w[0]))
    throw Error("linear", "bias of " + std::to_string(w[0]) + " numbers", inputs[2].text());
  return {x[0], w[0]};
}

MatmulCall call_of(const Tensor& x, const Tensor& w, const Attributes& attributes, bool keep) {
  const LinearAttributes& a = attributes_of(attributes);
  MatmulShape shape = linear_shape(x.shape(), w.shape()[0]);
  shape.a_row = x.pixel_stride();
  keep = keep && w.layout().offset() == 0;
  return {"linear", "forward", shape, keep ? w.storage().get() : nullptr, {a.activation, a.slope}};
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last_real("linear", context.inputs[0]);  // [n, k]
  const Tensor w = as_row_major("linear", context.inputs[1]);           // [m, k]
  const Tensor bias = as_row_major("linear", context.inputs[2]);
  const Tensor y =
      context.output({x.shape()[0], w.shape()[0]}, attributes_of(context.attributes).result);
  MatmulCall call = call_of(x, w, context.attributes, !context.training);
  call.precision = context.precision;
  run_matmul(call, x, w, bias, y);
  return y;
}

DType infer_type(std::span<const DType>, const Attributes& attributes) {
  return attributes_of(attributes).result;
}

Step plan(const StepRequest& request) {
  const Tensor w = as_row_major("linear", request.inputs[1]);
  return plan_matmul(call_of(request.inputs[0], w, request.attributes, true), request.inputs[0], w,
                     as_row_major("linear", request.inputs[2]), request);
}

// dw = dy^T * x. In bf16 it is that of a 1x1 convolution of n pixels, which tiles serve.
void weight_gradient(const Tensor& x, const Tensor& dy, const Tensor& dw, Precision precision) {
  const std::int64_t n = x.shape()[0], k = x.shape()[1], m = dy.shape()[1];
  if (precision == Precision::bf16) {
    const kernels::ConvShape pixels{.in_channels = static_cast<int>(k),
                                    .out_channels = static_cast<int>(m),
                                    .in = {1, 1, static_cast<int>(n)}};
    return run_conv_weight({"linear", pixels, precision}, x, dy, dw);
  }
  const MatmulShape shape{.m = m,
                          .n = k,
                          .k = n,
                          .a_row = 1,
                          .a_depth = dy.pixel_stride(),
                          .b_depth = x.pixel_stride()};
  run_matmul({"linear", "weight", shape, nullptr, {}, precision}, dy.data(), x.data(), nullptr,
             dw.data(), k);
}

void backward(BackwardContext& context) {
  assert(attributes_of(context.attributes).activation == Activation::none);
  const Tensor dy = as_channels_last("linear", context.dy);  // [n, m]
  const std::int64_t n = dy.shape()[0], m = dy.shape()[1], k = context.input_shapes[0][1];
  if (context.wants[0]) {
    const Tensor w = as_row_major("linear", context.inputs[1]);  // [m, k]
    const Tensor dx = Tensor::empty({n, k});
    const MatmulShape shape{.m = n, .n = k, .k = m, .a_row = dy.pixel_stride(), .b_depth = k};
    run_matmul({"linear", "data", shape, nullptr, {}, context.precision}, dy.data(), w.data(),
               nullptr, dx.data(), k);
    context.gradients[0] = dx;
  }
  if (context.wants[1]) {
    const Tensor x = as_channels_last("linear", context.inputs[0]);  // [n, k]
    const Tensor dw = Tensor::empty({m, k}, DType::f32, Order::row_major);
    weight_gradient(x, dy, dw, context.precision);
    context.gradients[1] = dw;
  }
  if (context.wants[2]) context.gradients[2] = bias_gradient(dy);
}

std::int64_t macs(std::span<const Shape> inputs, const Attributes&) {
  return inputs[0][0] * inputs[1].elements();
}

}  // namespace

const OpDef linear_op{.name = "linear",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::inputs,
                      .required = 2,
                      .macs = macs,
                      .infer_type = infer_type,
                      .plan = plan};

Value linear(const Value& x, const Value& weight, const Value& bias) {
  return x.tape().record(linear_op, {x, weight, bias}, LinearAttributes{});
}

}  // namespace burin

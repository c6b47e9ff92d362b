// y[n,oc,i] = act(bias[oc] + r[n,oc,i] + sum_{c,t} x[n,c, (i + pad_begin - t*dilation)/stride] * w[c,oc,t]), over
// the taps t for which the division is exact and in range: the data pass of a convolution from y to
// x.
#include <cassert>

#include "engine/ops/all_ops.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/run_kernel.h"

namespace burin {

namespace {

const ConvAttributes& attributes_of(const Attributes& attributes) {
  return std::get<ConvAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_conv_transpose(inputs, attributes_of(attributes));
}

ConvCall call_of(const Shape& x, const Shape& y, const ConvAttributes& a, bool training) {
  return {"conv_transpose", ConvPass::data, conv_shape(y, x, a), training, {a.activation, a.slope}};
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last_real("conv_transpose", context.inputs[0]);  // [n, c, ...]
  const ConvAttributes& a = attributes_of(context.attributes);
  const Shape shapes[] = {x.shape(), context.inputs[1].shape()};
  const Tensor y = context.output(infer_conv_transpose(shapes, a), a.result);  // [n, oc, ...]
  ConvCall call = call_of(x.shape(), y.shape(), a, context.training);
  call.precision = context.precision;
  const Tensor residual = context.inputs.size() > 3 && context.inputs[3]
                              ? as_channels_last_real("conv_transpose", context.inputs[3])
                              : Tensor();
  run_conv(call, {x, context.inputs[1], context.inputs[2], residual}, y);
  return y;
}

DType infer_type(std::span<const DType>, const Attributes& attributes) {
  return attributes_of(attributes).result;
}

Step plan(const StepRequest& request) {
  const Tensor& x = request.inputs[0];
  const Tensor residual = request.inputs.size() > 3 ? request.inputs[3] : Tensor();
  const auto& a = attributes_of(request.attributes);
  return plan_conv(call_of(x.shape(), request.target.shape(), a, false),
                   {x, request.inputs[1], request.inputs[2], residual}, request);
}

void backward(BackwardContext& context) {
  assert(attributes_of(context.attributes).activation == Activation::none);
  const Tensor dy = as_channels_last("conv_transpose", context.dy);  // [n, oc, ...]
  const Shape &x_shape = context.input_shapes[0], &w_shape = context.input_shapes[1];
  const kernels::ConvShape shape =
      conv_shape(dy.shape(), x_shape, attributes_of(context.attributes));
  if (context.wants[0]) {
    const Tensor dx = Tensor::empty(x_shape);
    run_conv({"conv_transpose", ConvPass::forward, shape, true, {}, context.precision},
             {dy, context.inputs[1], {}, {}}, dx);
    context.gradients[0] = dx;
  }
  if (context.wants[1]) {
    const Tensor dw = Tensor::empty(w_shape, DType::f32, Order::row_major);
    run_conv_weight({"conv_transpose", shape, context.precision}, dy,
                    as_channels_last("conv_transpose", context.inputs[0]), dw);
    context.gradients[1] = dw;
  }
  if (context.wants[2]) context.gradients[2] = bias_gradient(dy);
}

// One per input pixel, tap and pair of channels.
std::int64_t macs(std::span<const Shape> inputs, const Attributes&) {
  return inputs[0].batch() * inputs[0].spatial() * inputs[1].elements();
}

}  // namespace

const OpDef conv_transpose_op{.name = "conv_transpose",
                              .infer = infer,
                              .forward = forward,
                              .backward = backward,
                              .needs = Needs::inputs,
                              .required = 2,
                              .macs = macs,
                              .infer_type = infer_type,
                              .plan = plan};

Value conv_transpose(const Value& x, const Value& weight, const Value& bias,
                     const ConvAttributes& attributes) {
  return x.tape().record(conv_transpose_op, {x, weight, bias}, attributes);
}

}  // namespace burin

// y[n,oc,o] = act(bias[oc] + r[n,oc,o] + sum_{c,t} x[n,c, o*stride + t*dilation - pad_begin] *
// w[oc,c,t]); activation and residual r (of y's shape) in inference only.
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
  return infer_conv(inputs, attributes_of(attributes));
}

ConvCall call_of(const Shape& x, const Shape& y, const ConvAttributes& a, bool training) {
  return {"conv", ConvPass::forward, conv_shape(x, y, a), training, {a.activation, a.slope}};
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last_real("conv", context.inputs[0]);  // [n, c, ...]
  const ConvAttributes& a = attributes_of(context.attributes);
  const Shape shapes[] = {x.shape(), context.inputs[1].shape()};
  const Tensor y = context.output(infer_conv(shapes, a), a.result);  // [n, oc, ...]
  ConvCall call = call_of(x.shape(), y.shape(), a, context.training);
  call.precision = context.precision;
  const Tensor residual = context.inputs.size() > 3 && context.inputs[3]
                              ? as_channels_last_real("conv", context.inputs[3])
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
  return plan_conv(
      call_of(x.shape(), request.target.shape(), attributes_of(request.attributes), false),
      {x, request.inputs[1], request.inputs[2], residual}, request);
}

void backward(BackwardContext& context) {
  assert(attributes_of(context.attributes).activation == Activation::none);
  const Tensor dy = as_channels_last("conv", context.dy);  // [n, oc, ...]
  const Shape &x_shape = context.input_shapes[0], &w_shape = context.input_shapes[1];
  const kernels::ConvShape shape =
      conv_shape(x_shape, dy.shape(), attributes_of(context.attributes));
  if (context.wants[0]) {
    const Tensor dx = Tensor::empty(x_shape);
    run_conv({"conv", ConvPass::data, shape, true, {}, context.precision},
             {dy, context.inputs[1], {}, {}}, dx);
    context.gradients[0] = dx;
  }
  if (context.wants[1]) {
    const Tensor dw = Tensor::empty(w_shape, DType::f32, Order::row_major);
    run_conv_weight({"conv", shape, context.precision}, as_channels_last("conv", context.inputs[0]),
                    dy, dw);
    context.gradients[1] = dw;
  }
  if (context.wants[2]) context.gradients[2] = bias_gradient(dy);
}

std::int64_t macs(std::span<const Shape> inputs, const Attributes& attributes) {
  const ConvAttributes& a = attributes_of(attributes);
  return conv_shape(inputs[0], infer_conv(inputs, a), a).macs();
}

}  // namespace

const OpDef conv_op{.name = "conv",
                    .infer = infer,
                    .forward = forward,
                    .backward = backward,
                    .needs = Needs::inputs,
                    .required = 2,
                    .macs = macs,
                    .infer_type = infer_type,
                    .plan = plan};

Value conv(const Value& x, const Value& weight, const Value& bias,
           const ConvAttributes& attributes) {
  return x.tape().record(conv_op, {x, weight, bias}, attributes);
}

}  // namespace burin

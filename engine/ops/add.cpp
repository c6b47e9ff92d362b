// y = act(a + b);  da = db = dy * act'(y), summed over the axes that were repeated
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = std::get<ActivationAttributes>(attributes);
  if (a.activation == Activation::leaky_relu && !(a.slope > 0))
    throw Error("add", "a slope above 0", std::to_string(a.slope));
  return broadcast_shape("add", inputs[0], inputs[1]);
}

Tensor forward(ForwardContext& context) {
  const Tensor &a = context.inputs[0], &b = context.inputs[1];
  return combine(Binary::add, broadcast_shape("add", a.shape(), b.shape()), a, b,
                 std::get<ActivationAttributes>(context.attributes), context.target);
}

void pass_on(BackwardContext& context, const Tensor& gradient) {
  for (std::size_t i = 0; i < 2; ++i)
    if (context.wants[i]) context.gradients[i] = reduce_to(gradient, context.input_shapes[i]);
}

void backward(BackwardContext& context) { pass_on(context, context.dy); }

void backward_activated(BackwardContext& context) {
  const auto& a = std::get<ActivationAttributes>(context.attributes);
  RowWalk walk("add", {context.output, context.dy});
  const Tensor gradient = walk.output();
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().pointwise.activate_backward(b.extent, walk.in(1, b), walk.in(0, b),
                                                       walk.out(2, b), {a.activation, a.slope});
  });
  pass_on(context, gradient);
}

DType activated_type(std::span<const DType> inputs, const Attributes&) {
  for (const DType type : inputs)
    static_cast<void>(require_type("add_activate", type, Types<float>{}));
  return DType::f32;
}

DType type(std::span<const DType> inputs, const Attributes&) {
  return broadcast_type("add", inputs);
}

}  // namespace

const OpDef add_op{.name = "add",
                   .infer = infer,
                   .forward = forward,
                   .backward = backward,
                   .needs = Needs::nothing,
                   .infer_type = type};

const OpDef add_activate_op{.name = "add_activate",
                            .infer = infer,
                            .forward = forward,
                            .backward = backward_activated,
                            .needs = Needs::output,
                            .infer_type = activated_type};

Value add(const Value& a, const Value& b, const ActivationAttributes& attributes) {
  const OpDef& op = attributes.activation == Activation::none ? add_op : add_activate_op;
  return a.tape().record(op, {a, b}, attributes);
}

}  // namespace burin

// y = act(x);  dx = dy * act'(x), taken from y alone
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = std::get<ActivationAttributes>(attributes);
  if (a.activation == Activation::leaky_relu && !(a.slope > 0))
    throw Error("activate", "a slope above 0", std::to_string(a.slope));
  return inputs[0];
}

Tensor forward(ForwardContext& context) {
  const auto& a = std::get<ActivationAttributes>(context.attributes);
  RowWalk walk("activate", {context.inputs[0]});
  const Tensor y = walk.output(context.target);
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().pointwise.activate(b.extent, walk.in(0, b), walk.out(1, b),
                                              {a.activation, a.slope});
  });
  return y;
}

void backward(BackwardContext& context) {
  const auto& a = std::get<ActivationAttributes>(context.attributes);
  RowWalk walk("activate", {context.output, context.dy});
  context.gradients[0] = walk.output();
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().pointwise.activate_backward(b.extent, walk.in(1, b), walk.in(0, b),
                                                       walk.out(2, b), {a.activation, a.slope});
  });
}

}  // namespace

const OpDef activate_op{.name = "activate",
                        .infer = infer,
                        .forward = forward,
                        .backward = backward,
                        .needs = Needs::output,
                        .in_place = true};

Value activate(const Value& x, const ActivationAttributes& attributes) {
  return x.tape().record(activate_op, {x}, attributes);
}

Value relu(const Value& x) { return activate(x, {.activation = Activation::relu}); }
Value leaky_relu(const Value& x, float slope) {
  return activate(x, {.activation = Activation::leaky_relu, .slope = slope});
}
Value sigmoid(const Value& x) { return activate(x, {.activation = Activation::sigmoid}); }
Value tanh(const Value& x) { return activate(x, {.activation = Activation::tanh}); }

}  // namespace burin

// Axis i of y is axis order[i] of x; a view of x where no target is given.
// dx: dy with its axes put back
#include <algorithm>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

const std::vector<int>& order_of(const Attributes& attributes) {
  return std::get<TransposeAttributes>(attributes).order;
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const Shape& x = inputs[0];
  const std::vector<int>& order = order_of(attributes);
  std::string text;
  std::vector<std::int64_t> sizes;
  unsigned seen = 0;
  for (const int axis : order) {
    text += (text.empty() ? "" : ",") + std::to_string(axis);
    if (axis < 0 || axis >= x.rank()) continue;
    seen |= 1u << axis;
    sizes.push_back(x[axis]);
  }
  if (static_cast<int>(order.size()) != x.rank() || seen != (1u << x.rank()) - 1)
    throw Error("transpose", "each axis of " + x.text() + " once", "axes " + text);
  return Shape(sizes);
}

Tensor forward(ForwardContext& context) {
  const Tensor y = context.inputs[0].permuted(order_of(context.attributes));
  if (!context.target) return y;
  context.target.copy_from(y);
  return context.target;
}

std::optional<Layout> view(const Layout& x, const Attributes& attributes) {
  return x.permuted(order_of(attributes));
}

void backward(BackwardContext& context) {
  const std::vector<int>& order = order_of(context.attributes);
  std::vector<int> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  context.gradients[0] = context.dy.permuted(back);
}

}  // namespace

const OpDef transpose_op{.name = "transpose",
                         .infer = infer,
                         .forward = forward,
                         .backward = backward,
                         .needs = Needs::nothing,
                         .view = view,
                         .keeps_bf16 = true};

Value transpose(const Value& x, std::span<const int> order) {
  return x.tape().record(transpose_op, {x},
                         TransposeAttributes{.order = {order.begin(), order.end()}});
}

}  // namespace burin

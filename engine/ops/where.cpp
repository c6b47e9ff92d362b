// y = condition ? a : b;  da = condition ? dy : 0, db = condition ? 0 : dy, summed over the axes
// that were repeated
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return broadcast_shape("where", inputs[0], broadcast_shape("where", inputs[1], inputs[2]));
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type("where", inputs[0], Types<bool>{}));
  if (inputs[1] != inputs[2])
    throw Error("where", "operands of one type",
                std::string(dtype_name(inputs[1])) + " and " + std::string(dtype_name(inputs[2])));
  return require_type("where", inputs[1], NumbersAndBool{});
}

Tensor forward(ForwardContext& context) {
  const auto& x = context.inputs;
  const Shape shapes[] = {x[0].shape(), x[1].shape(), x[2].shape()};
  const Tensor y = context.output(infer(shapes, {}), x[1].dtype());
  for_type("where", y.dtype(), NumbersAndBool{}, [&](auto zero) {
    using T = decltype(zero);
    map_numbers<T, bool, T, T>(y, {x[0], x[1], x[2]},
                               [](bool condition, T a, T b) { return condition ? a : b; });
  });
  return y;
}

void backward(BackwardContext& context) {
  for (std::size_t i = 1; i < 3; ++i) {
    if (!context.wants[i]) continue;
    const Tensor part = Tensor::empty(context.dy.shape());
    map_numbers<float, bool, float>(
        part, {context.inputs[0], context.dy},
        [=](bool condition, float dy) { return condition == (i == 1) ? dy : 0.0f; });
    context.gradients[i] = reduce_to(part, context.input_shapes[i]);
  }
}

}  // namespace

const OpDef where_op{.name = "where",
                     .infer = infer,
                     .forward = forward,
                     .backward = backward,
                     .needs = Needs::inputs,
                     .infer_type = type};

Value where(const Value& condition, const Value& a, const Value& b) {
  return condition.tape().record(where_op, {condition, a, b}, {});
}

}  // namespace burin

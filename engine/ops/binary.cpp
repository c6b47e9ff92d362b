// y = f(a, b);  da = dy * df/da, db = dy * df/db, summed over the axes that were repeated
#include <cmath>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

Binary function_of(const Attributes& attributes) {
  return std::get<BinaryAttributes>(attributes).function;
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const Binary function = function_of(attributes);
  if (function < Binary::divide)
    throw Error("binary", "a function that is no op of its own", std::string(name_of(function)));
  return broadcast_shape(name_of(function), inputs[0], inputs[1]);
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  const Binary function = function_of(attributes);
  const DType type = broadcast_type(name_of(function), inputs);
  if (function >= Binary::shift_left) return require_type(name_of(function), type, Integers{});
  return type;
}

Tensor forward(ForwardContext& context) {
  const Tensor &a = context.inputs[0], &b = context.inputs[1];
  const Shape shapes[] = {a.shape(), b.shape()};
  return combine(function_of(context.attributes), infer(shapes, context.attributes), a, b, {},
                 context.target);
}

// df/da (which = 0) and df/db.
double derivative(Binary function, std::size_t which, double a, double b) {
  switch (function) {
    case Binary::divide:
      return which == 0 ? 1 / b : -a / (b * b);
    case Binary::maximum:
      return (a > b) == (which == 0) ? 1 : 0;
    case Binary::minimum:
      return (a < b) == (which == 0) ? 1 : 0;
    case Binary::prelu:
      return which == 0 ? (a > 0 ? 1 : b) : (a > 0 ? 0 : a);
    case Binary::power:
      return which == 0 ? b * std::pow(a, b - 1) : std::pow(a, b) * std::log(a);
    case Binary::modulo:
      return which == 0 ? 1 : -std::floor(a / b);
    case Binary::remainder:
      return which == 0 ? 1 : -std::trunc(a / b);
    default:
      return 0;
  }
}

void backward(BackwardContext& context) {
  const Binary function = function_of(context.attributes);
  for (std::size_t i = 0; i < 2; ++i) {
    if (!context.wants[i]) continue;
    const Tensor product = Tensor::empty(context.dy.shape());
    map_numbers<float, float, float, float>(
        product, {context.dy, context.inputs[0], context.inputs[1]},
        [=](double dy, double a, double b) {
          return static_cast<float>(dy * derivative(function, i, a, b));
        });
    context.gradients[i] = reduce_to(product, context.input_shapes[i]);
  }
}

}  // namespace

const OpDef binary_op{.name = "binary",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::inputs,
                      .infer_type = type};

Value binary(const Value& a, const Value& b, Binary function) {
  return a.tape().record(binary_op, {a, b}, BinaryAttributes{.function = function});
}

}  // namespace burin

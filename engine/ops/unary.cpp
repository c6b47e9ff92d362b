// y = f(x);  dx = dy * f'(x)
#include <cmath>

#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/row_walk.h"
#include "engine/ops/strided.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/unary_exact.h"

namespace burin {
namespace {

const UnaryAttributes& read(const Attributes& attributes) {
  return std::get<UnaryAttributes>(attributes);
}

kernels::UnaryCall call_of(const Attributes& attributes) {
  const auto& a = read(attributes);
  return {a.function, a.a, a.b};
}

bool has_whole_numbers(Unary function) {
  return function == Unary::absolute || function == Unary::negative || function == Unary::sign;
}

Shape infer(std::span<const Shape> inputs, const Attributes&) { return inputs[0]; }

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  const Unary function = read(attributes).function;
  if (has_whole_numbers(function)) return require_type(name_of(function), inputs[0], Numbers{});
  return require_type(name_of(function), inputs[0], Reals{});
}

void forward_f32(kernels::UnaryCall call, RowWalk& walk) {
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().unary.forward(call, b.extent, walk.in(0, b), walk.out(1, b));
  });
}

template <class T>
T whole_number(Unary function, T x) {
  const auto negative = [](T v) { return static_cast<T>(std::uint64_t{0} - std::uint64_t(v)); };
  if (function == Unary::sign) return static_cast<T>((x > 0) - (x < 0));
  return function == Unary::negative || x < 0 ? negative(x) : x;
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  const kernels::UnaryCall call = call_of(context.attributes);
  if (x.dtype() == DType::f32) {
    RowWalk walk(name_of(call.function), {x});
    const Tensor y = walk.output(context.target);
    forward_f32(call, walk);
    return y;
  }
  const Tensor y = context.output(x.shape(), x.dtype());
  for_type(name_of(call.function), x.dtype(), Numbers{}, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      map_numbers<T, T>(y, {x}, [f = kernels::ExactUnary{call.function, call.a, call.b}](T v) {
        return static_cast<T>(f(static_cast<double>(v)));
      });
    else
      map_numbers<T, T>(y, {x}, [=](T v) { return whole_number(call.function, v); });
  });
  return y;
}

void backward(BackwardContext& context) {
  RowWalk walk("unary", {context.dy, context.inputs[0]});
  context.gradients[0] = walk.output();
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().unary.backward(call_of(context.attributes), b.extent, walk.in(0, b),
                                          walk.in(1, b), walk.out(2, b));
  });
}

}  // namespace

const OpDef unary_op{.name = "unary",
                     .infer = infer,
                     .forward = forward,
                     .backward = backward,
                     .needs = Needs::inputs,
                     .infer_type = type,
                     .in_place = true};

Value unary(const Value& x, const UnaryAttributes& attributes) {
  return x.tape().record(unary_op, {x}, attributes);
}

}  // namespace burin

// y = whether a stands so to b; both, either and one of two bools
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

Comparison function_of(const Attributes& attributes) {
  return std::get<ComparisonAttributes>(attributes).function;
}

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  return broadcast_shape("compare", inputs[0], inputs[1]);
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  const Comparison function = function_of(attributes);
  if (inputs[0] != inputs[1])
    throw Error("compare", "operands of one type",
                std::string(dtype_name(inputs[0])) + " and " + std::string(dtype_name(inputs[1])));
  if (function >= Comparison::both) return require_type("compare", inputs[0], Types<bool>{});
  if (function == Comparison::equal)
    static_cast<void>(require_type("compare", inputs[0], NumbersAndBool{}));
  else
    static_cast<void>(require_type("compare", inputs[0], Numbers{}));
  return DType::boolean;
}

template <class T, class F>
void with_function(Comparison function, const F& run) {
  switch (function) {
    case Comparison::equal:
      return run([](T a, T b) { return a == b; });
    case Comparison::less:
      return run([](T a, T b) { return a < b; });
    case Comparison::less_or_equal:
      return run([](T a, T b) { return a <= b; });
    case Comparison::greater:
      return run([](T a, T b) { return a > b; });
    case Comparison::greater_or_equal:
      return run([](T a, T b) { return a >= b; });
    case Comparison::both:
      return run([](T a, T b) { return a != 0 && b != 0; });
    case Comparison::either:
      return run([](T a, T b) { return a != 0 || b != 0; });
    case Comparison::one:
      return run([](T a, T b) { return (a != 0) != (b != 0); });
  }
}

Tensor forward(ForwardContext& context) {
  const Tensor &a = context.inputs[0], &b = context.inputs[1];
  const Tensor y = context.output(broadcast_shape("compare", a.shape(), b.shape()), DType::boolean);
  for_type("compare", a.dtype(), NumbersAndBool{}, [&](auto zero) {
    using T = decltype(zero);
    with_function<T>(function_of(context.attributes), [&](auto f) {
      map_numbers<bool, T, T>(y, {a, b}, f);
    });
  });
  return y;
}

}  // namespace

const OpDef compare_op{.name = "compare",
                       .infer = infer,
                       .forward = forward,
                       .backward = nullptr,
                       .needs = Needs::nothing,
                       .infer_type = type};

Value compare(const Value& a, const Value& b, Comparison function) {
  return a.tape().record(compare_op, {a, b}, ComparisonAttributes{.function = function});
}

}  // namespace burin

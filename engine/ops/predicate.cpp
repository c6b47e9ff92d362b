// y = whether x is false, not a number, infinite (of a sign)
#include <cmath>

#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) { return inputs[0]; }

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  if (std::get<PredicateAttributes>(attributes).function == Predicate::opposite)
    return require_type("predicate", inputs[0], Types<bool>{});
  static_cast<void>(require_type("predicate", inputs[0], Reals{}));
  return DType::boolean;
}

template <class T>
bool holds(Predicate function, T x) {
  switch (function) {
    case Predicate::opposite:
      break;
    case Predicate::is_nan:
      return std::isnan(x);
    case Predicate::is_infinite:
      return std::isinf(x);
    case Predicate::is_positive_infinity:
      return std::isinf(x) && x > 0;
    case Predicate::is_negative_infinity:
      return std::isinf(x) && x < 0;
  }
  return false;
}

Tensor forward(ForwardContext& context) {
  const Predicate function = std::get<PredicateAttributes>(context.attributes).function;
  const Tensor& x = context.inputs[0];
  const Tensor y = context.output(x.shape(), DType::boolean);
  if (function == Predicate::opposite) {
    map_numbers<bool, bool>(y, {x}, [](bool v) { return !v; });
    return y;
  }
  for_type("predicate", x.dtype(), Reals{}, [&](auto zero) {
    using T = decltype(zero);
    map_numbers<bool, T>(y, {x}, [=](T v) { return holds(function, v); });
  });
  return y;
}

}  // namespace

const OpDef predicate_op{.name = "predicate",
                         .infer = infer,
                         .forward = forward,
                         .backward = nullptr,
                         .needs = Needs::nothing,
                         .infer_type = type};

Value predicate(const Value& x, Predicate function) {
  return x.tape().record(predicate_op, {x}, PredicateAttributes{.function = function});
}

}  // namespace burin

// y = x in another type: cut off towards 0 and held inside of the range, not a number gives 0; bool is 0 or 1
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

DType wanted(const Attributes& attributes) { return std::get<CastAttributes>(attributes).type; }

Shape infer(std::span<const Shape> inputs, const Attributes&) { return inputs[0]; }

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  static_cast<void>(require_type("cast", inputs[0], NumbersAndBool{}));
  return require_type("cast", wanted(attributes), NumbersAndBool{});
}

template <class To, class From>
To converted(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Ends that are exact in From: powers of two.
    const From low = static_cast<From>(std::numeric_limits<To>::min());
    const From end = std::ldexp(From(1), std::numeric_limits<To>::digits);
    if (std::isnan(x)) return 0;
    if (x >= end) return std::numeric_limits<To>::max();
    return x <= low ? std::numeric_limits<To>::min() : static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  const DType to = wanted(context.attributes);
  if (to == x.dtype()) return x;
  const Tensor y = context.output(x.shape(), to);
  for_type("cast", to, NumbersAndBool{}, [&](auto target) {
    for_type("cast", x.dtype(), NumbersAndBool{}, [&](auto source) {
      using To = decltype(target);
      using From = decltype(source);
      map_numbers<To, From>(y, {x}, converted<To, From>);
    });
  });
  return y;
}

}  // namespace

const OpDef cast_op{.name = "cast",
                    .infer = infer,
                    .forward = forward,
                    .backward = nullptr,
                    .needs = Needs::nothing,
                    .infer_type = type};

Value cast(const Value& x, DType type) {
  return x.tape().record(cast_op, {x}, CastAttributes{.type = type});
}

}  // namespace burin

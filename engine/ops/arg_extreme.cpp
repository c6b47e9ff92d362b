// y = the index along an axis of the greatest or the least number; a NaN wins
#include <cmath>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/reduce_numbers.h"

namespace burin {
namespace {

const ArgAttributes& read(const Attributes& attributes) {
  return std::get<ArgAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const int axis = axis_of("arg_extreme", inputs[0], read(attributes).axis);
  if (inputs[0][axis] == 0) throw Error("arg_extreme", "one entry or more", inputs[0].text());
  return reduced_shape(inputs[0], 1u << axis, read(attributes).keep);
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type("arg_extreme", inputs[0], Numbers{}));
  return DType::i64;
}

template <class T>
std::int64_t position(const T* x, std::int64_t count, std::int64_t step, const ArgAttributes& a) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < count; ++i) {
    const T now = x[i * step], then = x[best * step];
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(then)) return best;
      if (std::isnan(now)) return i;
    }
    if ((a.smallest ? now < then : now > then) || (a.last && now == then)) best = i;
  }
  return best;
}

Tensor forward(ForwardContext& context) {
  const auto& a = read(context.attributes);
  const Tensor& x = context.inputs[0];
  const int axis = axis_of("arg_extreme", x.shape(), a.axis);
  const std::int64_t step = x.layout().stride(axis);
  const Tensor y = Tensor::empty(x.shape().with(axis, 1), DType::i64);
  for_type("arg_extreme", x.dtype(), Numbers{}, [&](auto zero) {
    const auto* in = x.data<decltype(zero)>();
    auto* out = y.data<std::int64_t>();
    each_part(x, 1u << axis, y, [&](std::int64_t to, std::int64_t from, const Shape& inner) {
      out[to] = position(in + from, inner[axis], step, a);
    });
  });
  return y.reshape(reduced_shape(x.shape(), 1u << axis, a.keep));
}

}  // namespace

const OpDef arg_extreme_op{.name = "arg_extreme",
                           .infer = infer,
                           .forward = forward,
                           .backward = nullptr,
                           .needs = Needs::nothing,
                           .infer_type = type};

Value arg_extreme(const Value& x, const ArgAttributes& attributes) {
  return x.tape().record(arg_extreme_op, {x}, attributes);
}

}  // namespace burin

// y = the indices along an axis of the greatest or the smallest numbers, best first; of equal ones
// the first
#include <algorithm>
#include <numeric>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

const TopAttributes& read(const Attributes& attributes) {
  return std::get<TopAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = read(attributes);
  const int axis = axis_of("top", inputs[0], a.axis);
  if (a.count < 0 || a.count > inputs[0][axis])
    throw Error("top", "a count of up to " + std::to_string(inputs[0][axis]),
                std::to_string(a.count));
  return inputs[0].with(axis, a.count);
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type("top", inputs[0], Numbers{}));
  return DType::i64;
}

template <class T>
void order_row(const T* x, std::int64_t step, std::int64_t length, const TopAttributes& a,
               std::int64_t* y, std::int64_t y_step) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(length));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const auto before = [=](std::int64_t i, std::int64_t j) {
    const T u = x[i * step], v = x[j * step];
    if (a.smallest ? u < v : u > v) return true;
    return u == v && i < j;
  };
  std::partial_sort(order.begin(), order.begin() + a.count, order.end(), before);
  for (std::int64_t i = 0; i < a.count; ++i) y[i * y_step] = order[static_cast<std::size_t>(i)];
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  const auto& a = read(context.attributes);
  const int axis = axis_of("top", x.shape(), a.axis);
  const Tensor y = context.output(x.shape().with(axis, a.count), DType::i64);
  if (y.elements() == 0) return y;
  const std::array<Steps, 2> steps{steps_of(y, y.shape()), steps_of(x, x.shape())};
  const Shape outer = y.shape().with(axis, 1);
  const auto order = walk_order(outer, steps[0]);
  for_type("top", x.dtype(), Numbers{}, [&](auto zero) {
    using T = decltype(zero);
    Odometer<2> at(outer, order, outer.rank(), steps);
    for (std::int64_t i = 0; i < outer.elements(); ++i, at.advance())
      order_row(x.data<T>() + at.offset()[1], x.layout().stride(axis), x.shape()[axis], a,
                y.data<std::int64_t>() + at.offset()[0], y.layout().stride(axis));
  });
  return y;
}

}  // namespace

const OpDef top_op{.name = "top",
                   .infer = infer,
                   .forward = forward,
                   .backward = nullptr,
                   .needs = Needs::nothing,
                   .infer_type = type};

Value top(const Value& x, const TopAttributes& attributes) {
  return x.tape().record(top_op, {x}, attributes);
}

}  // namespace burin

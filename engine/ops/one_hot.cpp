// y[.., k, ..] = values[1] where the index is k, else values[0]: a new axis of size depth. Negative
// indices count from the end; those outside are nowhere.
#include <algorithm>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
#include "engine/ops/index_numbers.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

int axis_in(const Shape& indices, const OneHotAttributes& a) {
  const int rank = indices.rank() + 1, axis = a.axis < 0 ? a.axis + rank : a.axis;
  if (axis < 0 || axis >= rank)
    throw Error("one_hot", "an axis of " + std::to_string(rank), std::to_string(a.axis));
  return axis;
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = std::get<OneHotAttributes>(attributes);
  if (a.depth < 1) throw Error("one_hot", "a depth >= 1", std::to_string(a.depth));
  if (!(inputs[1] == Shape{2})) throw Error("one_hot", "values [off, on]", inputs[1].text());
  std::vector<std::int64_t> sizes(inputs[0].sizes().begin(), inputs[0].sizes().end());
  sizes.insert(sizes.begin() + axis_in(inputs[0], a), a.depth);
  return Shape(sizes);
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type("one_hot", inputs[0], Indices{}));
  return require_type("one_hot", inputs[1], NumbersAndBool{});
}

Tensor forward(ForwardContext& context) {
  const auto& a = std::get<OneHotAttributes>(context.attributes);
  const Tensor &indices = context.inputs[0], values = context.inputs[1].in_order(Order::row_major);
  const Shape shapes[] = {indices.shape(), values.shape()};
  const Tensor y =
      Tensor::empty(infer(shapes, context.attributes), values.dtype(), Order::row_major);
  const std::int64_t after = elements_from(indices.shape(), axis_in(indices.shape(), a));
  const std::vector<std::int64_t> numbers = index_numbers("one_hot", indices);
  for_type("one_hot", values.dtype(), NumbersAndBool{}, [&](auto zero) {
    using T = decltype(zero);
    T* out = y.data<T>();
    std::fill(out, out + y.elements(), values.data<T>()[0]);
    for (std::int64_t i = 0; i < std::ssize(numbers); ++i) {
      std::int64_t k = numbers[static_cast<std::size_t>(i)];
      if (k < 0) k += a.depth;
      if (k >= 0 && k < a.depth)
        out[(i / after * a.depth + k) * after + i % after] = values.data<T>()[1];
    }
  });
  return y;
}

}  // namespace

const OpDef one_hot_op{.name = "one_hot",
                       .infer = infer,
                       .forward = forward,
                       .backward = nullptr,
                       .needs = Needs::nothing,
                       .infer_type = type};

Value one_hot(const Value& indices, const Value& values, const OneHotAttributes& attributes) {
  return indices.tape().record(one_hot_op, {indices, values}, attributes);
}

}  // namespace burin

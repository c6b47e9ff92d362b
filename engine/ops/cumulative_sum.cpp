// y[i] = sum of x[j] along an axis over j <= i (exclusive: j < i; reverse: from the end).
// dx: the same sum of dy from the other end
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/reduce_numbers.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  static_cast<void>(
      axis_of("cumulative_sum", inputs[0], std::get<CumulativeAttributes>(attributes).axis));
  return inputs[0];
}

DType type(std::span<const DType> inputs, const Attributes&) {
  return require_type("cumulative_sum", inputs[0], Numbers{});
}

template <class T>
struct Row {
  T* data;
  std::int64_t step;
  T& operator[](std::int64_t i) const { return data[i * step]; }
};

template <class T>
void sum_row(Row<const T> x, Row<T> y, std::int64_t count, const CumulativeAttributes& a) {
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
  Wide total = 0;
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t i = a.reverse ? count - 1 - n : n;
    const Wide value = static_cast<Wide>(x[i]);
    y[i] = static_cast<T>(a.exclusive ? total : total + value);
    total += value;
  }
}

Tensor summed(const Tensor& given, const CumulativeAttributes& a) {
  const Tensor x = given.in_order(Order::channels_last), y = Tensor::empty(x.shape(), x.dtype());
  const int axis = axis_of("cumulative_sum", x.shape(), a.axis);
  if (x.elements() == 0) return y;
  const Tensor rows = Tensor::empty(x.shape().with(axis, 1), DType::boolean);  // one a row
  const std::int64_t step = x.layout().stride(axis);
  for_type("cumulative_sum", x.dtype(), Numbers{}, [&](auto zero) {
    using T = decltype(zero);
    each_part(x, 1u << axis, rows, [&](std::int64_t, std::int64_t from, const Shape& inner) {
      sum_row<T>({x.data<T>() + from, step}, {y.data<T>() + from, step}, inner[axis], a);
    });
  });
  return y;
}

Tensor forward(ForwardContext& context) {
  return summed(context.inputs[0], std::get<CumulativeAttributes>(context.attributes));
}

void backward(BackwardContext& context) {
  CumulativeAttributes back = std::get<CumulativeAttributes>(context.attributes);
  back.reverse = !back.reverse;
  context.gradients[0] = summed(context.dy, back);
}

}  // namespace

const OpDef cumulative_sum_op{.name = "cumulative_sum",
                              .infer = infer,
                              .forward = forward,
                              .backward = backward,
                              .needs = Needs::nothing,
                              .infer_type = type};

Value cumulative_sum(const Value& x, const CumulativeAttributes& attributes) {
  return x.tape().record(cumulative_sum_op, {x}, attributes);
}

}  // namespace burin

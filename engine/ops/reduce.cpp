// y = the greatest, the least or the product of x over some axes (all when none is named); of no
// numbers: the lowest, the highest, 1.
// dx of extremes: dy, shared by the numbers that are equal to it; of a product: dy times the others
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/reduce_numbers.h"

namespace burin {
namespace {

const ReduceAttributes& read(const Attributes& attributes) {
  return std::get<ReduceAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = read(attributes);
  if (a.function < Reduction::maximum) throw Error("reduce", "no sum and no mean", "one of them");
  return reduced_shape(inputs[0], axis_bits("reduce", inputs[0], a.axes), a.keep);
}

DType type(std::span<const DType> inputs, const Attributes&) {
  return require_type("reduce", inputs[0], Numbers{});
}

Tensor forward(ForwardContext& context) {
  const auto& a = read(context.attributes);
  const Tensor& x = context.inputs[0];
  const unsigned axes = axis_bits("reduce", x.shape(), a.axes);
  const Tensor y = Tensor::empty(reduced_shape(x.shape(), axes, true), x.dtype());
  reduce_numbers(a.function, x, axes, y);
  return y.reshape(reduced_shape(x.shape(), axes, a.keep));
}

// The gradient of one part: y is what it was reduced to, dy arrives there.
void spread(Reduction function, const Tensor& x, std::int64_t from, const Shape& inner, float y,
            float dy, float* dx) {
  const auto each = [&](const auto& f) { each_of_part(x, from, inner, f); };
  const float* in = x.data();
  if (function != Reduction::product) {
    std::int64_t equal = 0;
    each([&](std::int64_t at) { equal += in[at] == y; });
    each([&](std::int64_t at) { dx[at] = in[at] == y ? dy / static_cast<float>(equal) : 0.0f; });
    return;
  }
  std::int64_t zeros = 0;
  double others = 1;  // the product of all that is not 0
  each(
      [&](std::int64_t at) { in[at] == 0 ? ++zeros, 0.0 : others *= static_cast<double>(in[at]); });
  each([&](std::int64_t at) {
    const bool reaches = zeros == 0 || (zeros == 1 && in[at] == 0);
    const double own = in[at] == 0 ? 1 : static_cast<double>(in[at]);
    dx[at] = reaches ? static_cast<float>(static_cast<double>(dy) * others / own) : 0.0f;
  });
}

void backward(BackwardContext& context) {
  const auto& a = read(context.attributes);
  const Tensor x = context.inputs[0].in_order(Order::channels_last);
  const unsigned axes = axis_bits("reduce", x.shape(), a.axes);
  const Shape kept = reduced_shape(x.shape(), axes, true);
  const Tensor y = context.output.reshape(kept).in_order(Order::channels_last);
  const Tensor dy = context.dy.reshape(kept).in_order(Order::channels_last);
  const Tensor dx = Tensor::empty(x.shape());  // lies as x does
  each_part(x, axes, y, [&](std::int64_t to, std::int64_t from, const Shape& inner) {
    spread(a.function, x, from, inner, y.data()[to], dy.data()[to], dx.data());
  });
  context.gradients[0] = dx;
}

}  // namespace

const OpDef reduce_op{.name = "reduce",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::inputs_and_output,
                      .infer_type = type};

Value reduce(const Value& x, const ReduceAttributes& attributes) {
  return x.tape().record(reduce_op, {x}, attributes);
}

}  // namespace burin

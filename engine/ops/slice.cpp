// y = x[first, first + count) along an axis;  dx = dy there, 0 elsewhere
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/ops.h"
#include "engine/ops/slicing.h"

namespace burin {

Tensor sliced(const Tensor& x, int axis, std::int64_t first, std::int64_t count) {
  if (x.layout().is_channels_last() && x.shape().rank() > 1) {
    if (axis == 0) return x.batch_slice(first, count);
    if (axis == 1) return x.channel_slice(first, count);
  }
  const Tensor y = Tensor::empty(x.shape().with(axis, count), x.dtype());
  copy_entries(axis_rows(x, axis), first, axis_rows(y, axis), 0, count);
  return y;
}

namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = std::get<SliceAttributes>(attributes);
  const int axis = axis_of("slice", inputs[0], a.axis);
  const std::int64_t length = inputs[0][axis];
  if (a.first < 0 || a.count < 1 || a.first > length || a.count > length - a.first)
    throw Error("slice", "a range inside 0.." + std::to_string(length),
                std::to_string(a.first) + " + " + std::to_string(a.count));
  return inputs[0].with(axis, a.count);
}

Tensor forward(ForwardContext& context) {
  const auto& a = std::get<SliceAttributes>(context.attributes);
  const Tensor& x = context.inputs[0];
  return sliced(x, axis_of("slice", x.shape(), a.axis), a.first, a.count);
}

std::optional<Layout> view(const Layout& x, const Attributes& attributes) {
  const auto& a = std::get<SliceAttributes>(attributes);
  const int axis = axis_of("slice", x.shape(), a.axis);
  if (axis == 0) return x.batch_slice(a.first, a.count);
  if (axis == 1) return x.channel_slice(a.first, a.count);
  return {};
}

void backward(BackwardContext& context) {
  const auto& a = std::get<SliceAttributes>(context.attributes);
  const int axis = axis_of("slice", context.input_shapes[0], a.axis);
  const Tensor dx = Tensor::zeros(context.input_shapes[0], context.dy.dtype());
  copy_entries(axis_rows(context.dy, axis), 0, axis_rows(dx, axis), a.first, a.count);
  context.gradients[0] = dx;
}

}  // namespace

const OpDef slice_op{.name = "slice",
                     .infer = infer,
                     .forward = forward,
                     .backward = backward,
                     .needs = Needs::nothing,
                     .view = view,
                     .keeps_bf16 = true};

Value slice(const Value& x, int axis, std::int64_t first, std::int64_t count) {
  return x.tape().record(slice_op, {x},
                         SliceAttributes{.axis = axis, .first = first, .count = count});
}

}  // namespace burin

// y[j.., ..] = x[indices[j..][0], indices[j..][1], .., ..];  dx = dy, added up where numbers were
// read
#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
#include "engine/ops/index_numbers.h"
#include "engine/ops/indexed.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

constexpr std::string_view name = "gather_nd";

int batch_of(const Attributes& attributes) { return std::get<BatchAttributes>(attributes).axes; }

std::int64_t run_of(const Shape& x, const Shape& indices, int batch) {
  return elements_from(x, batch + static_cast<int>(indices[indices.rank() - 1]));
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return tuple_shape(name, inputs[0], inputs[1], batch_of(attributes));
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type(name, inputs[1], Indices{}));
  return require_type(name, inputs[0], NumbersAndBool{});
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &indices = context.inputs[1];
  const int batch = batch_of(context.attributes);
  return read_places(x, tuple_places(name, x.shape(), indices, batch),
                     run_of(x.shape(), indices.shape(), batch),
                     tuple_shape(name, x.shape(), indices.shape(), batch));
}

void backward(BackwardContext& context) {
  if (!context.wants[0]) return;
  const Shape& x = context.input_shapes[0];
  const Tensor& indices = context.inputs[1];
  const int batch = batch_of(context.attributes);
  const Tensor dx = Tensor::zeros(x, DType::f32, Order::row_major);
  write_places(dx, tuple_places(name, x, indices, batch), run_of(x, indices.shape(), batch),
               context.dy, ScatterMode::add);
  context.gradients[0] = dx;
}

}  // namespace

const OpDef gather_nd_op{.name = name,
                         .infer = infer,
                         .forward = forward,
                         .backward = backward,
                         .needs = Needs::inputs,
                         .infer_type = type};

Value gather_nd(const Value& x, const Value& indices, int batch_axes) {
  return x.tape().record(gather_nd_op, {x, indices}, BatchAttributes{.axes = batch_axes});
}

}  // namespace burin

#include "engine/ops/sum_family.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/element_types.h"
#include "engine/ops/reduce_numbers.h"

namespace burin {
namespace {

std::string_view name_of(bool mean) { return mean ? "mean" : "sum"; }

unsigned axes_in(std::string_view op, const Shape& shape, const AxesAttributes& attributes) {
  return axis_bits(op, shape, attributes.axes);
}

float factor_of(const Shape& shape, unsigned axes, bool mean) {
  std::int64_t count = 1;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (((axes >> axis) & 1u) != 0) count *= shape[axis];
  return mean && count > 0 ? static_cast<float>(1.0 / static_cast<double>(count)) : 1.0f;
}

}  // namespace

Shape sum_infer(std::string_view op, std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = std::get<AxesAttributes>(attributes);
  return reduced_shape(inputs[0], axes_in(op, inputs[0], a), a.keep);
}

DType sum_type(std::string_view op, std::span<const DType> inputs) {
  return require_type(op, inputs[0], Numbers{});
}

Tensor sum_forward(const ForwardContext& context, bool mean) {
  const auto& a = std::get<AxesAttributes>(context.attributes);
  const Tensor& x = context.inputs[0];
  const unsigned axes = axes_in(name_of(mean), x.shape(), a);
  if (x.dtype() != DType::f32) {
    const Tensor y = Tensor::empty(reduced_shape(x.shape(), axes, true), x.dtype());
    reduce_numbers(mean ? Reduction::mean : Reduction::sum, x, axes, y);
    return y.reshape(reduced_shape(x.shape(), axes, a.keep));
  }
  return reduce_axes(name_of(mean), x, axes, factor_of(x.shape(), axes, mean))
      .reshape(reduced_shape(x.shape(), axes, a.keep));
}

void sum_backward(BackwardContext& context, bool mean) {
  const Shape& shape = context.input_shapes[0];
  const unsigned axes = axes_in(name_of(mean), shape, std::get<AxesAttributes>(context.attributes));
  context.gradients[0] = expand(context.dy.reshape(reduced_shape(shape, axes, true)), shape,
                                factor_of(shape, axes, mean));
}

}  // namespace burin

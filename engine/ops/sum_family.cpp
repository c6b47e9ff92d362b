#include "engine/ops/sum_family.h"

#include "engine/ops/axis_rows.h"
#include "engine/ops/broadcast.h"

namespace burin {
namespace {

std::string_view name_of(bool mean) { return mean ? "mean" : "sum"; }

// Bit i: axis i is summed; no axes named: all of them.
unsigned axes_in(std::string_view op, const Shape& shape, const AxesAttributes& attributes) {
  if (attributes.axes.empty()) return (1u << shape.rank()) - 1;
  unsigned axes = 0;
  for (const int axis : attributes.axes) axes |= 1u << axis_of(op, shape, axis);
  return axes;
}

Shape summed(const Shape& shape, unsigned axes, bool keep) {
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (((axes >> axis) & 1u) == 0)
      sizes.push_back(shape[axis]);
    else if (keep)
      sizes.push_back(1);
  }
  return Shape(sizes);
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
  return summed(inputs[0], axes_in(op, inputs[0], a), a.keep);
}

Tensor sum_forward(const ForwardContext& context, bool mean) {
  const auto& a = std::get<AxesAttributes>(context.attributes);
  const Tensor& x = context.inputs[0];
  const unsigned axes = axes_in(name_of(mean), x.shape(), a);
  return reduce_axes(name_of(mean), x, axes, factor_of(x.shape(), axes, mean))
      .reshape(summed(x.shape(), axes, a.keep));
}

void sum_backward(BackwardContext& context, bool mean) {
  const Shape& shape = context.input_shapes[0];
  const unsigned axes = axes_in(name_of(mean), shape, std::get<AxesAttributes>(context.attributes));
  context.gradients[0] =
      expand(context.dy.reshape(summed(shape, axes, true)), shape, factor_of(shape, axes, mean));
}

}  // namespace burin

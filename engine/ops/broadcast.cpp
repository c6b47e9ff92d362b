#include "engine/ops/broadcast.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "engine/error.h"
#include "engine/ops/element_types.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

using kernels::Extent;
using kernels::Operand;
using kernels::Out;

void call(Binary function, Extent e, Operand a, Operand b, Out y, const ActivationAttributes& act) {
  const auto& table = kernels::elementwise().pointwise;
  if (function == Binary::add)
    table.add(e, a, b, y, {act.activation, act.slope});
  else
    table.binary(function, e, a, b, y);
}

Tensor combine_equal(Binary function, const Tensor& a, const Tensor& b,
                     const ActivationAttributes& act, const Tensor& target) {
  RowWalk walk(name_of(function), {a, b});
  const Tensor y = walk.output(target);
  walk.each([&](const Block& block, std::int64_t) {
    call(function, block.extent, walk.operand(0, block), walk.operand(1, block), walk.out(2, block),
         act);
  });
  return y;
}

// Whether an operand repeats all pixels of an image, or (some) none.
bool repeats_pixels(const Shape& x, const Shape& shape) {
  for (int axis = 2; axis < shape.rank(); ++axis)
    if (x.rank() > axis && x[axis] != 1) return false;
  return true;
}

// Copies x (channels last) so that every spatial axis has the size of `shape`.
Tensor spread_pixels(const Tensor& x, const Shape& shape) {
  Shape full = x.shape();
  for (int axis = 2; axis < shape.rank(); ++axis) full = full.with(axis, shape[axis]);
  const Tensor y = Tensor::empty(full);
  const std::int64_t channels = full.channels(), pixels = channels ? full.elements() / channels : 0;
  const auto& layout = x.layout();
  runtime::parallel_for(pixels, 1024, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t p = first; p < last; ++p) {
      std::int64_t rest = p, offset = 0;
      for (int axis = full.rank() - 1; axis >= 2; --axis) {
        if (x.shape()[axis] > 1) offset += rest % full[axis] * layout.stride(axis);
        rest /= full[axis];
      }
      offset += rest * layout.stride(0);
      for (std::int64_t c = 0; c < channels; ++c) y.data()[p * channels + c] = x.data()[offset + c];
    }
  });
  return y;
}

// x with leading axes of size 1 up to the rank of `shape`.
Tensor aligned(const Tensor& x, const Shape& shape) {
  if (x.shape().rank() == shape.rank()) return x;
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(shape.rank() - x.shape().rank()), 1);
  sizes.insert(sizes.end(), x.shape().sizes().begin(), x.shape().sizes().end());
  return x.reshape(Shape(sizes));
}

// A tensor seen from the result: data + image*image_stride + pixel*stride + channel*step.
struct Source {
  Tensor tensor;
  const float* data;
  std::int64_t image_stride, stride, step;

  Source(std::string_view op, const Tensor& x, const Shape& shape) {
    tensor = as_channels_last(op, x);
    const bool one_pixel = repeats_pixels(tensor.shape(), shape);
    bool whole = true;
    for (int axis = 2; axis < shape.rank() && !one_pixel; ++axis)
      whole = whole && tensor.shape()[axis] == shape[axis];
    if (!whole) tensor = spread_pixels(tensor, shape);
    const std::int64_t row = tensor.pixel_stride();
    data = tensor.data();
    stride = one_pixel ? 0 : row;
    image_stride = tensor.shape().batch() == 1 ? 0 : (one_pixel ? row : row * shape.spatial());
    step = tensor.shape().channels() == 1 ? 0 : 1;
  }
  [[nodiscard]] bool runs_on(std::int64_t pixels, std::int64_t images) const {
    return images == 1 || image_stride == pixels * stride;
  }
  [[nodiscard]] Operand at(std::int64_t image, std::int64_t pixel) const {
    return {data + image * image_stride + pixel * stride, stride, step};
  }
};

}  // namespace

Shape broadcast_shape(std::string_view op, const Shape& a, const Shape& b) {
  const Shape &longer = a.rank() < b.rank() ? b : a, &shorter = a.rank() < b.rank() ? a : b;
  const int missing = longer.rank() - shorter.rank();
  Shape out = longer;
  for (int axis = missing; axis < longer.rank(); ++axis) {
    const std::int64_t u = longer[axis], v = shorter[axis - missing];
    if (u != v && u != 1 && v != 1)
      throw Error(std::string(op), "sizes that agree or are 1", a.text() + " and " + b.text());
    out = out.with(axis, u == 1 ? v : u);
  }
  return out;
}

DType broadcast_type(std::string_view op, std::span<const DType> inputs) {
  if (inputs[0] != inputs[1])
    throw Error(std::string(op), "operands of one type",
                std::string(dtype_name(inputs[0])) + " and " + std::string(dtype_name(inputs[1])));
  return require_type(op, inputs[0], Numbers{});
}

Tensor combine(Binary function, const Shape& shape, const Tensor& a, const Tensor& b,
               const ActivationAttributes& activation, const Tensor& target) {
  const DType type = broadcast_type(name_of(function), std::array{a.dtype(), b.dtype()});
  assert(activation.activation == Activation::none ||
         (function == Binary::add && type == DType::f32));
  if (type != DType::f32 || !is_vectorized(function)) {
    const Tensor y = target ? target : Tensor::empty(shape, type);
    combine_numbers(function, a, b, y);
    return y;
  }
  if (a.shape() == shape && b.shape() == shape)
    return combine_equal(function, a, b, activation, target);
  const Source u(name_of(function), aligned(a, shape), shape);
  const Source v(name_of(function), aligned(b, shape), shape);
  const Tensor y = target ? target : Tensor::empty(shape);
  if (shape.elements() == 0) return y;
  const std::int64_t channels = shape.channels(), y_row = y.pixel_stride();
  std::int64_t images = shape.batch(), pixels = shape.spatial();
  if (u.runs_on(pixels, images) && v.runs_on(pixels, images)) {
    pixels *= images;
    images = 1;
  }
  const std::int64_t block = rows_grain(channels);
  const std::int64_t blocks = (pixels + block - 1) / block;
  const std::int64_t grain = std::max<std::int64_t>(1, block / pixels);
  runtime::parallel_for(images * blocks, grain, [&](std::int64_t from, std::int64_t to, int) {
    for (std::int64_t task = from; task < to; ++task) {
      const std::int64_t image = task / blocks, first = task % blocks * block;
      const Extent extent{std::min(block, pixels - first), channels};
      call(function, extent, u.at(image, first), v.at(image, first),
           {y.data() + (image * pixels + first) * y_row, y_row}, activation);
    }
  });
  return y;
}

Tensor expand(const Tensor& x, const Shape& shape, float factor) {
  return combine(Binary::multiply, shape, x, Tensor::full({}, factor));
}

Tensor reduce_to(const Tensor& gradient, const Shape& target) {
  if (gradient.shape() == target) return gradient;
  const int missing = gradient.shape().rank() - target.rank();
  unsigned axes = 0;
  for (int axis = 0; axis < gradient.shape().rank(); ++axis)
    if (axis < missing || target[axis - missing] == 1) axes |= 1u << axis;
  return reduce_axes("gradient", gradient, axes, 1.0f).reshape(target);
}

}  // namespace burin

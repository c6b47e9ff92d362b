#include "engine/ops/broadcast.h"

#include <algorithm>
#include <cassert>

#include "engine/error.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

using kernels::Extent;
using kernels::Operand;
using kernels::Out;

void call(Binary op, Extent e, Operand a, Operand b, Out y, const ActivationAttributes& act) {
  const auto& table = kernels::elementwise().pointwise;
  switch (op) {
    case Binary::add:
      return table.add(e, a, b, y, {act.activation, act.slope});
    case Binary::subtract:
      return table.subtract(e, a, b, y);
    case Binary::multiply:
      return table.multiply(e, a, b, y);
  }
}

std::string_view name_of(Binary op) {
  switch (op) {
    case Binary::add:
      return "add";
    case Binary::subtract:
      return "subtract";
    case Binary::multiply:
      return "multiply";
  }
  return {};
}

Tensor combine_equal(Binary op, const Tensor& a, const Tensor& b, const ActivationAttributes& act,
                     const Tensor& target) {
  RowWalk walk(name_of(op), {a, b});
  const Tensor y = walk.output(target);
  walk.each([&](const Block& block, std::int64_t) {
    call(op, block.extent, walk.operand(0, block), walk.operand(1, block), walk.out(2, block), act);
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
  if (a.rank() == 0) return b;
  if (b.rank() == 0) return a;
  const auto fail = [&] {
    throw Error(std::string(op), "sizes that agree or are 1", a.text() + " and " + b.text());
  };
  if (a.rank() != b.rank()) fail();
  Shape out = a;
  for (int axis = 0; axis < a.rank(); ++axis) {
    if (a[axis] != b[axis] && a[axis] != 1 && b[axis] != 1) fail();
    out = out.with(axis, a[axis] == 1 ? b[axis] : a[axis]);
  }
  return out;
}

Tensor combine(Binary op, const Shape& shape, const Tensor& a, const Tensor& b,
               const ActivationAttributes& activation, const Tensor& target) {
  assert(op == Binary::add || activation.activation == Activation::none);
  if (a.shape() == shape && b.shape() == shape) return combine_equal(op, a, b, activation, target);
  const Source u(name_of(op), a, shape), v(name_of(op), b, shape);
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
      call(op, extent, u.at(image, first), v.at(image, first),
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
  unsigned axes = 0;
  for (int axis = 0; axis < gradient.shape().rank(); ++axis)
    if (target.rank() == 0 || target[axis] == 1) axes |= 1u << axis;
  return reduce_axes("gradient", gradient, axes, 1.0f).reshape(target);
}

}  // namespace burin

// y[n,c,o] = weighted sum of the one or two points per axis that o reads; tables in kernels/resize.
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/pool_shape.h"
#include "engine/runtime/workers.h"
#include "kernels/resize/resize.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const Shape& x = inputs[0];
  static_cast<void>(image_size("resize", x));
  const auto& size = std::get<ResizeAttributes>(attributes).size;
  Shape y = x;
  for (int axis = 2; axis < x.rank(); ++axis) {
    const std::int64_t wanted = size[static_cast<std::size_t>(axis + 3 - x.rank())];
    if (wanted < 1) throw Error("resize", "sizes >= 1", std::to_string(wanted));
    y = y.with(axis, wanted);
  }
  static_cast<void>(image_size("resize", y));
  return y;
}

// The tables of the three axes, and what kernels point at.
struct Tables {
  std::array<std::vector<kernels::ResizeTap>, 3> taps;
  std::array<std::vector<int>, 3> begin;
  std::array<std::vector<kernels::ResizeReader>, 3> readers;

  template <class T>
  Tables(const kernels::ResizeShape& shape, const ResizeAttributes& a,
         kernels::ResizeArgsOf<T>& args) {
    args.shape = shape;
    const bool linear = a.mode == ResizeMode::bilinear;
    const bool align_corners = a.coordinates == ResizeCoordinates::align_corners;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const int in = shape.in[axis], out = shape.out[axis];
      taps[axis].resize(static_cast<std::size_t>(out));
      begin[axis].resize(static_cast<std::size_t>(in) + 1);
      readers[axis].resize(2 * static_cast<std::size_t>(out));
      kernels::resize_taps(in, out, linear, align_corners, taps[axis].data());
      kernels::resize_adjoint(taps[axis].data(), in, out, begin[axis].data(), readers[axis].data());
      args.taps[axis] = taps[axis].data();
      args.adjoint[axis] = {begin[axis].data(), readers[axis].data()};
    }
  }
};

kernels::ResizeShape resize_shape(const Shape& x, const Shape& y) {
  return {x.batch(), static_cast<int>(x.channels()), image_size("resize", x),
          image_size("resize", y)};
}

// Factors of 2 take kernels of their own: `axis` 1 is the height, 2 the width.
bool doubles(const kernels::ResizeShape& s, const ResizeAttributes& a, std::size_t axis) {
  return a.mode == ResizeMode::bilinear && a.coordinates == ResizeCoordinates::half_pixel &&
         s.out[axis] == 2 * s.in[axis] && s.out[0] == s.in[0];
}

template <class T>
auto forward_kernel(const kernels::ResizeForward<T>& passes, const kernels::ResizeShape& s,
                    const ResizeAttributes& a) {
  if (a.mode == ResizeMode::nearest) return passes.nearest;
  return doubles(s, a, 2) ? passes.linear_double : passes.linear;
}

auto backward_kernel(const kernels::ResizeShape& s, const ResizeAttributes& a) {
  const auto& table = kernels::resize();
  return doubles(s, a, 1) && doubles(s, a, 2) ? table.adjoint_double : table.adjoint;
}

template <class T>
void resample(const kernels::ResizeForward<T>& passes, const ResizeAttributes& attributes,
              const Tensor& x, const Tensor& y) {
  const auto shape = resize_shape(x.shape(), y.shape());
  kernels::ResizeArgsOf<T> args{.source = x.data<T>(),
                                .source_pixel = x.pixel_stride(),
                                .target = y.data<T>(),
                                .target_pixel = y.pixel_stride()};
  const Tables tables(shape, attributes, args);
  const auto run = forward_kernel(passes, shape, attributes);
  runtime::parallel_for(
      shape.out_rows(), rows_grain(std::int64_t{shape.out[2]} * shape.channels),
      [&](std::int64_t first, std::int64_t last, int) { run(args, first, last); });
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last_real("resize", context.inputs[0]);  // [n, c, ...]
  const auto& attributes = std::get<ResizeAttributes>(context.attributes);
  const Shape shapes[] = {x.shape()};
  const Tensor y = context.output(infer(shapes, context.attributes), x.dtype());
  const auto& table = kernels::resize();
  if (x.dtype() == DType::bf16)
    resample(table.forward_bf16, attributes, x, y);
  else
    resample(table.forward, attributes, x, y);
  return y;
}

void backward(BackwardContext& context) {
  if (!context.wants[0]) return;
  const Tensor dy = as_channels_last("resize", context.dy);
  const Tensor dx = Tensor::empty(context.input_shapes[0]);
  const auto shape = resize_shape(dx.shape(), dy.shape());
  kernels::ResizeArgs args{.source = dy.data(),
                           .source_pixel = dy.pixel_stride(),
                           .target = dx.data(),
                           .target_pixel = dx.pixel_stride()};
  const auto& attributes = std::get<ResizeAttributes>(context.attributes);
  const Tables tables(shape, attributes, args);
  const auto run = backward_kernel(shape, attributes);
  runtime::parallel_for(
      shape.in_rows(), rows_grain(std::int64_t{shape.in[2]} * shape.channels),
      [&](std::int64_t first, std::int64_t last, int) { run(args, first, last); });
  context.gradients[0] = dx;
}

}  // namespace

const OpDef resize_op{.name = "resize",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::nothing,
                      .keeps_bf16 = true};

Value resize(const Value& x, const ResizeAttributes& attributes) {
  return x.tape().record(resize_op, {x}, attributes);
}

}  // namespace burin

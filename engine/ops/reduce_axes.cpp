#include <algorithm>

#include "engine/ops/broadcast.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/runtime/workers.h"
#include "kernels/reduce/reduce.h"

namespace burin {
namespace {

bool has(unsigned axes, int axis) { return ((axes >> axis) & 1u) != 0; }

Shape kept_shape(const Shape& shape, unsigned axes) {
  Shape out = shape;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (has(axes, axis)) out = out.with(axis, 1);
  return out;
}

// Pixels fall into `groups` runs of `pixels` each, and each group gives one row of the result.
struct Groups {
  std::int64_t groups, pixels, block, blocks;

  Groups(std::int64_t count, std::int64_t all, std::int64_t channels)
      : groups(count),
        pixels(all / count),
        block(std::max<std::int64_t>(64, task_numbers / channels)),
        blocks((pixels + block - 1) / block) {}

  // f(task, first pixel, pixels of the block)
  template <class F>
  void each(const F& f) const {
    const std::int64_t grain = std::max<std::int64_t>(1, block / pixels);
    runtime::parallel_for(groups * blocks, grain, [&](std::int64_t from, std::int64_t to, int) {
      for (std::int64_t task = from; task < to; ++task) {
        const std::int64_t first = task % blocks * block;
        f(task, task / blocks * pixels + first, std::min(block, pixels - first));
      }
    });
  }
};

// Adds the partial rows of each group in block order.
void finish(const Groups& g, const double* parts, std::int64_t width, float factor, float* out) {
  for (std::int64_t group = 0; group < g.groups; ++group)
    for (std::int64_t c = 0; c < width; ++c) {
      double sum = 0;
      for (std::int64_t b = 0; b < g.blocks; ++b) sum += parts[(group * g.blocks + b) * width + c];
      out[group * width + c] = static_cast<float>(static_cast<double>(factor) * sum);
    }
}

// Over pixels, and over channels too when `one`: [groups][channels or 1].
void sum_groups(const Tensor& x, std::int64_t groups, bool one, float factor, float* out) {
  const std::int64_t channels = x.shape().channels(), stride = x.pixel_stride();
  const Groups g(groups, x.elements() / channels, channels);
  const std::int64_t width = one ? 1 : channels;
  const Tensor parts = Tensor::empty({g.groups * g.blocks, width}, DType::f64, Order::row_major);
  const float* data = x.data();
  g.each([&](std::int64_t task, std::int64_t first, std::int64_t pixels) {
    const kernels::In rows{data + first * stride, stride};
    double* part = parts.data<double>() + task * width;
    std::fill(part, part + width, 0.0);
    if (one)
      part[0] = kernels::reduce().sum({pixels, channels}, rows);
    else
      kernels::reduce().over_pixels({pixels, channels}, rows, part);
  });
  finish(g, parts.data<double>(), width, factor, out);
}

void sum_channels(const Tensor& x, float factor, float* out) {
  const std::int64_t channels = x.shape().channels(), stride = x.pixel_stride();
  const Groups g(1, x.elements() / channels, channels);
  const float* data = x.data();
  g.each([&](std::int64_t, std::int64_t first, std::int64_t pixels) {
    kernels::reduce().over_channels({pixels, channels}, {data + first * stride, stride}, factor,
                                    out + first);
  });
}

// Any axes: each number of the result walks its own part of x.
void sum_any(const Tensor& x, unsigned axes, float factor, const Tensor& y) {
  const Shape &in = x.shape(), &out = y.shape();
  const auto index_of = [](const Shape& shape, std::int64_t rest, auto&& f) {
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      f(axis, rest % shape[axis]);
      rest /= shape[axis];
    }
  };
  Shape inner = in;
  for (int axis = 0; axis < in.rank(); ++axis)
    if (!has(axes, axis)) inner = inner.with(axis, 1);
  runtime::parallel_for(out.elements(), 64, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i) {
      std::int64_t from = 0, to = 0;
      index_of(out, i, [&](int axis, std::int64_t at) {
        from += at * x.layout().stride(axis);
        to += at * y.layout().stride(axis);
      });
      double sum = 0;
      for (std::int64_t j = 0; j < inner.elements(); ++j) {
        std::int64_t offset = from;
        index_of(inner, j,
                 [&](int axis, std::int64_t at) { offset += at * x.layout().stride(axis); });
        sum += static_cast<double>(x.data()[offset]);
      }
      y.data()[to] = static_cast<float>(static_cast<double>(factor) * sum);
    }
  });
}

}  // namespace

Tensor reduce_axes(std::string_view op, const Tensor& given, unsigned axes, float factor) {
  const Tensor x = as_channels_last(op, given);
  const Shape& shape = x.shape();
  const Tensor y = Tensor::empty(kept_shape(shape, axes));
  if (shape.elements() == 0) {
    y.fill(0);
    return y;
  }
  bool all_pixels = true, no_pixels = true;
  for (int axis = 2; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    (has(axes, axis) ? no_pixels : all_pixels) = false;
  }
  const bool images = has(axes, 0) || shape.batch() == 1;
  const bool channels = shape.rank() > 1 && has(axes, 1);
  if (all_pixels)
    sum_groups(x, images ? 1 : shape.batch(), channels, factor, y.data());
  else if (channels && no_pixels && !has(axes, 0))
    sum_channels(x, factor, y.data());
  else
    sum_any(x, axes, factor, y);
  return y;
}

}  // namespace burin

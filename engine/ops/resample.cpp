// y = x resampled along every axis whose points move, one axis after the other (resample_taps.h).
#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_maps.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/grain.h"
#include "engine/ops/ops.h"
#include "engine/ops/resample_taps.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

const ResampleAttributes& read(const Attributes& attributes) {
  return std::get<ResampleAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = read(attributes);
  const Shape& x = inputs[0];
  const auto rank = static_cast<std::size_t>(x.rank());
  const bool crops = a.points == ResamplePoints::tf_crop_and_resize;
  bool good = a.size.size() == rank && a.scale.size() == rank &&
              (!crops || (a.first.size() == rank && a.last.size() == rank));
  constexpr std::int64_t most = std::int64_t{1} << 31;
  for (std::size_t i = 0; good && i < rank; ++i)
    good = a.size[i] >= 1 && a.size[i] < most && x[static_cast<int>(i)] >= 1 && a.scale[i] > 0 &&
           std::abs(a.scale[i] * static_cast<double>(x[static_cast<int>(i)]) -
                    static_cast<double>(a.size[i])) <= 1;
  if (!good) throw Error("resample", "a size and a scale for each axis of " + x.text(), "others");
  return Shape(a.size);
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  if (read(attributes).mode == ResampleMode::nearest)
    return require_type("resample", inputs[0], NumbersAndBool{});
  return require_type("resample", inputs[0], Types<float>{});
}

bool changes(const ResampleAttributes& a, int axis, std::int64_t in) {
  const auto i = static_cast<std::size_t>(axis);
  if (a.points == ResamplePoints::tf_crop_and_resize && (a.first[i] != 0 || a.last[i] != 1))
    return true;
  return a.size[i] != in || a.scale[i] != 1;
}

// y along one axis: rows of `inner` numbers, weighted and added up.
Tensor weighted(const Tensor& x, int axis, const ResampleAxis& points) {
  const AxisRows from = axis_rows(x, axis);
  const Tensor y = Tensor::empty(x.shape().with(axis, points.points()));
  const AxisRows to = axis_rows(y, axis);
  const float* in = from.tensor.data();
  const auto rows = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last; ++row) {
      const std::int64_t outer = row / to.length, o = row % to.length;
      float* out = y.data() + outer * to.stride + o * to.inner;
      std::fill(out, out + to.inner, 0.0f);
      for (auto t = points.begin[static_cast<std::size_t>(o)];
           t < points.begin[static_cast<std::size_t>(o) + 1]; ++t) {
        const ResampleTap tap = points.taps[static_cast<std::size_t>(t)];
        const float* source = in + outer * from.stride + tap.index * from.inner;
        for (std::int64_t i = 0; i < to.inner; ++i) out[i] += tap.weight * source[i];
      }
    }
  };
  runtime::parallel_for(to.outer * to.length, rows_grain(to.inner), rows);
  return y;
}

// Nearest points, and where points lie outside.
AxisMaps maps_of(const ResampleAttributes& a, const Shape& x) {
  AxisMaps maps;
  for (int axis = 0; axis < x.rank(); ++axis) {
    maps.push_back(identity_map(a.size[static_cast<std::size_t>(axis)]));
    if (!changes(a, axis, x[axis])) continue;
    const ResampleAxis points = resample_axis(a, axis, x[axis]);
    for (std::size_t o = 0; o < maps.back().size(); ++o) {
      const auto first = static_cast<std::size_t>(points.begin[o]);
      const bool outside = points.begin[o] == points.begin[o + 1];
      const bool nearest = a.mode == ResampleMode::nearest;
      maps.back()[o] = outside   ? -1
                       : nearest ? points.taps[first].index
                                 : static_cast<std::int64_t>(o);
    }
  }
  return maps;
}

Tensor forward(ForwardContext& context) {
  const auto& a = read(context.attributes);
  const Shape shape = context.inputs[0].shape();
  Tensor x = context.inputs[0];
  if (a.mode == ResampleMode::nearest)
    return read_through(maps_of(a, shape), x, a.outside, context.target);
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (changes(a, axis, shape[axis])) x = weighted(x, axis, resample_axis(a, axis, shape[axis]));
  if (a.points != ResamplePoints::tf_crop_and_resize) return x;
  return read_through(maps_of(a, shape), x, a.outside, context.target);
}

void backward(BackwardContext& context) {
  const auto& a = read(context.attributes);
  const Shape& shape = context.input_shapes[0];
  Tensor dy = context.dy;
  if (a.mode == ResampleMode::nearest) {
    context.gradients[0] = add_through(maps_of(a, shape), dy, shape);
    return;
  }
  if (a.points == ResamplePoints::tf_crop_and_resize)  // nothing from outside
    dy = add_through(maps_of(a, shape), dy, dy.shape());
  for (int axis = shape.rank() - 1; axis >= 0; --axis)
    if (changes(a, axis, shape[axis]))
      dy = weighted(dy, axis, adjoint_of(resample_axis(a, axis, shape[axis]), shape[axis]));
  context.gradients[0] = dy;
}

}  // namespace

const OpDef resample_op{.name = "resample",
                        .infer = infer,
                        .forward = forward,
                        .backward = backward,
                        .needs = Needs::nothing,
                        .infer_type = type};

Value resample(const Value& x, const ResampleAttributes& attributes) {
  return x.tape().record(resample_op, {x}, attributes);
}

}  // namespace burin

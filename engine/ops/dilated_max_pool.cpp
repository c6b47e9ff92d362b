// y[n,c,o] = max_t x[n,c, o*stride + t*dilation - pad], or where that number stands in x; for types
// and dilations that max_pool does not have
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/element_types.h"
#include "engine/ops/grain.h"
#include "engine/ops/ops.h"
#include "engine/ops/pool_shape.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

using Types4 = Types<float, double, std::uint8_t, std::int8_t>;

const DilatedPoolAttributes& read(const Attributes& attributes) {
  return std::get<DilatedPoolAttributes>(attributes);
}

// The window with its gaps, which is what shapes follow from.
PoolAttributes reach(const DilatedPoolAttributes& a) {
  PoolAttributes out = a.pool;
  for (std::size_t i = 0; i < 3; ++i) {
    constexpr int most = 1 << 24;
    if (a.dilation[i] < 1 || out.kernel[i] < 1 || out.kernel[i] > most / a.dilation[i])
      throw Error("dilated_max_pool", "a window that reaches less than 16777216",
                  std::to_string(out.kernel[i]) + " by " + std::to_string(a.dilation[i]));
    out.kernel[i] = (out.kernel[i] - 1) * a.dilation[i] + 1;
  }
  return out;
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_pool("dilated_max_pool", inputs, reach(read(attributes)));
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  static_cast<void>(require_type("dilated_max_pool", inputs[0], Types4{}));
  return read(attributes).result == PoolResult::values ? inputs[0] : DType::i64;
}

// Steps of the spatial axes d, h, w of a tensor; 0 for those that it has not.
std::array<std::int64_t, 3> spatial_steps(const Tensor& t) {
  std::array<std::int64_t, 3> steps{};
  for (int axis = 2; axis < t.shape().rank(); ++axis)
    steps[static_cast<std::size_t>(axis + 3 - t.shape().rank())] = t.layout().stride(axis);
  return steps;
}

struct Point {
  std::array<int, 3> at;
};

// Calls f(point) for the points of window o that lie in the image.
template <class F>
void each_tap(const DilatedPoolAttributes& a, const std::array<int, 3>& in, const Point& o,
              const F& f) {
  Point p{};
  const auto axis = [&](auto&& self, std::size_t i) -> void {
    if (i == 3) return f(p);
    for (int t = 0; t < a.pool.kernel[i]; ++t) {
      p.at[i] = o.at[i] * a.pool.stride[i] + t * a.dilation[i] - a.pool.pad_begin[i];
      if (p.at[i] >= 0 && p.at[i] < in[i]) self(self, i + 1);
    }
  };
  axis(axis, 0);
}

std::int64_t place_of(PoolResult result, const Point& p, const std::array<int, 3>& in) {
  const auto& [d, h, w] = p.at;
  if (result == PoolResult::places_by_column) return (std::int64_t{w} * in[1] + h) * in[0] + d;
  return (std::int64_t{d} * in[1] + h) * in[2] + w;
}

template <class T>
constexpr T lowest() {
  using Limits = std::numeric_limits<T>;
  return std::is_floating_point_v<T> ? -Limits::infinity() : Limits::lowest();
}

template <class T>
void pool(const Tensor& x, const Tensor& y, const DilatedPoolAttributes& a) {
  const std::array<int, 3> in = image_size("dilated_max_pool", x.shape());
  const std::array<int, 3> out = image_size("dilated_max_pool", y.shape());
  const auto from = spatial_steps(x), to = spatial_steps(y);
  const std::int64_t points = std::int64_t{out[0]} * out[1] * out[2];
  const std::int64_t pixels = std::int64_t{in[0]} * in[1] * in[2];
  const auto one = [&](std::int64_t plane, std::int64_t point) {
    const std::int64_t n = plane / x.shape()[1], c = plane % x.shape()[1];
    const Point o{{static_cast<int>(point / out[2] / out[1]),
                   static_cast<int>(point / out[2] % out[1]), static_cast<int>(point % out[2])}};
    const T* image = x.data<T>() + n * x.layout().stride(0) + c * x.layout().stride(1);
    T best = lowest<T>();  // of a window whose taps lie all outside
    std::int64_t place = -1;
    each_tap(a, in, o, [&](const Point& p) {
      const T value = image[p.at[0] * from[0] + p.at[1] * from[1] + p.at[2] * from[2]];
      bool wins = place < 0 || value > best;
      if constexpr (std::is_floating_point_v<T>)
        wins = wins || (std::isnan(value) && !std::isnan(best));
      if (!wins) return;
      best = value;
      place = place_of(a.result, p, in);
    });
    const std::int64_t target = n * y.layout().stride(0) + c * y.layout().stride(1) +
                                o.at[0] * to[0] + o.at[1] * to[1] + o.at[2] * to[2];
    if (a.result == PoolResult::values)
      y.data<T>()[target] = best;
    else
      y.data<std::int64_t>()[target] = plane * pixels + place;
  };
  const std::int64_t planes = x.shape()[0] * x.shape()[1];
  runtime::parallel_for(planes, rows_grain(points),
                        [&](std::int64_t first, std::int64_t last, int) {
                          for (std::int64_t plane = first; plane < last; ++plane)
                            for (std::int64_t point = 0; point < points; ++point) one(plane, point);
                        });
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  const auto& a = read(context.attributes);
  const Shape shape = x.shape();
  const DType types[] = {x.dtype()};
  const Tensor y =
      context.output(infer({&shape, 1}, context.attributes), type(types, context.attributes));
  for_type("dilated_max_pool", x.dtype(), Types4{},
           [&](auto zero) { pool<decltype(zero)>(x, y, a); });
  return y;
}

}  // namespace

const OpDef dilated_max_pool_op{.name = "dilated_max_pool",
                                .infer = infer,
                                .forward = forward,
                                .backward = nullptr,
                                .needs = Needs::nothing,
                                .infer_type = type};

Value dilated_max_pool(const Value& x, const DilatedPoolAttributes& attributes) {
  return x.tape().record(dilated_max_pool_op, {x}, attributes);
}

}  // namespace burin

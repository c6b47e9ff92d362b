// y[n,c,o] = x[n,c] at the point grid[n,o] between its pixels: the product of one kernel for each
// axis (Jaderberg et al. 2015)
#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/pool_shape.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

const GridAttributes& read(const Attributes& attributes) {
  return std::get<GridAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  const Shape &x = inputs[0], &grid = inputs[1];
  static_cast<void>(image_size("grid_sample", x));
  const int rank = x.rank();
  if (rank < 4 || grid.rank() != rank || grid[0] != x[0] || grid[rank - 1] != rank - 2)
    throw Error("grid_sample",
                "a grid [" + std::to_string(x[0]) + ", .., " + std::to_string(rank - 2) + "] for " +
                    x.text(),
                grid.text());
  Shape y = x;
  for (int axis = 2; axis < rank; ++axis) y = y.with(axis, grid[axis - 1]);
  static_cast<void>(image_size("grid_sample", y));
  return y;
}

// t mirrored at both ends until it lies between them.
double mirrored(double t, double low, double high) {
  const double length = high - low;
  if (length <= 0) return low;
  const double over = std::fmod(std::abs(t - low), 2 * length);
  return low + (over > length ? 2 * length - over : over);
}

// What a point reads along one axis: up to four pixels.
struct Taps {
  int count = 0;
  std::array<std::int64_t, 4> index{};
  std::array<float, 4> weight{};
};

struct Axis {
  GridAttributes a;
  double size;  // pixels

  [[nodiscard]] double low() const { return a.align_corners ? 0 : -0.5; }
  [[nodiscard]] double high() const { return a.align_corners ? size - 1 : size - 0.5; }

  [[nodiscard]] double position(double t) const {
    const double at = a.align_corners ? (t + 1) / 2 * (size - 1) : ((t + 1) * size - 1) / 2;
    const double p = a.mode == GridMode::nearest ? std::nearbyint(at) : at;
    if (p >= low() && p <= high()) return p;
    if (a.border == GridBorder::edge) return std::clamp(p, 0.0, size - 1);
    return a.border == GridBorder::reflect ? mirrored(p, low(), high()) : p;
  }

  void add(Taps& taps, double at, double weight) const {
    if (a.border == GridBorder::reflect && (at < 0 || at > size - 1))
      at = std::trunc(mirrored(at, low(), high()));
    if (a.border == GridBorder::zeros && !(at >= 0 && at <= size - 1)) return;
    const auto n = static_cast<std::size_t>(taps.count++);
    taps.index[n] = static_cast<std::int64_t>(std::clamp(at, 0.0, size - 1));
    taps.weight[n] = static_cast<float>(weight);
  }

  // Nothing for a point that is no number.
  [[nodiscard]] Taps taps(double t) const {
    Taps out;
    const double p = position(t), below = std::floor(p), r = p - below;
    if (!std::isfinite(p)) return out;
    if (a.mode == GridMode::nearest) {
      add(out, std::nearbyint(p), 1);
    } else if (a.mode == GridMode::linear) {
      add(out, below, 1 - r);
      add(out, below + 1, r);
    } else {
      constexpr double c = -0.75;  // Keys's kernel (1981)
      const auto near = [](double d) { return ((c + 2) * d - (c + 3)) * d * d + 1; };
      const auto far = [](double d) { return ((c * d - 5 * c) * d + 8 * c) * d - 4 * c; };
      add(out, below - 1, far(1 + r));
      add(out, below, near(r));
      add(out, below + 1, near(1 - r));
      add(out, below + 2, far(2 - r));
    }
    return out;
  }
};

struct Image {
  std::array<int, 3> size;  // d, h, w
  std::int64_t channels, pixel;
  const float* data;

  // All channels of one point.
  void sample(const std::array<Taps, 3>& taps, float* out) const {
    std::fill(out, out + channels, 0.0f);
    for (int d = 0; d < taps[0].count; ++d)
      for (int h = 0; h < taps[1].count; ++h)
        for (int w = 0; w < taps[2].count; ++w) {
          const auto i = static_cast<std::size_t>(d), j = static_cast<std::size_t>(h),
                     k = static_cast<std::size_t>(w);
          const float weight = taps[0].weight[i] * taps[1].weight[j] * taps[2].weight[k];
          const float* from = data + ((taps[0].index[i] * size[1] + taps[1].index[j]) * size[2] +
                                      taps[2].index[k]) *
                                         pixel;
          for (std::int64_t c = 0; c < channels; ++c) out[c] += weight * from[c];
        }
  }
};

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last("grid_sample", context.inputs[0]);
  const Tensor grid = as_row_major("grid_sample", context.inputs[1]);
  const Shape shapes[] = {x.shape(), grid.shape()};
  const Tensor y = context.output(infer(shapes, context.attributes));
  const GridAttributes& a = read(context.attributes);
  const std::array<int, 3> size = image_size("grid_sample", x.shape());
  const std::int64_t points = y.shape().spatial(), pixels = x.shape().spatial();
  const std::int64_t channels = x.shape().channels();
  const int axes = x.shape().rank() - 2;
  const auto rows = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t p = first; p < last; ++p) {
      std::array<Taps, 3> taps;
      taps[0] = {.count = 1, .index = {}, .weight = {1.0f}};  // an image has no depth
      for (int i = 0; i < axes; ++i) {                        // the last axis comes first
        const auto axis = static_cast<std::size_t>(2 - i);
        const auto t = static_cast<double>(grid.data()[p * axes + i]);
        taps[axis] = Axis{a, static_cast<double>(size[axis])}.taps(t);
      }
      const Image image{size, channels, x.pixel_stride(),
                        x.data() + p / points * pixels * x.pixel_stride()};
      image.sample(taps, y.data() + p * y.pixel_stride());
    }
  };
  runtime::parallel_for(y.shape().batch() * points, rows_grain(8 * channels), rows);
  return y;
}

}  // namespace

const OpDef grid_sample_op{.name = "grid_sample",
                           .infer = infer,
                           .forward = forward,
                           .backward = nullptr,
                           .needs = Needs::nothing};

Value grid_sample(const Value& x, const Value& grid, const GridAttributes& attributes) {
  return x.tape().record(grid_sample_op, {x, grid}, attributes);
}

}  // namespace burin

// y = x with a border (negative sizes crop);  dx = dy without it, or added up where the border was
// read from
#include <algorithm>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_maps.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/runtime/workers.h"
#include "kernels/move/move.h"

namespace burin {
namespace {

Shape padded_shape(const Shape& shape, const PadAttributes& a) {
  Shape out = shape;
  for (int axis = 0; axis < Shape::max_rank; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    const std::int64_t added = a.begin[i] + a.end[i];
    if (axis >= shape.rank() ? added != 0 : shape[axis] + added < 1)
      throw Error("pad", "sizes that leave something of " + shape.text(),
                  std::to_string(a.begin[i]) + " and " + std::to_string(a.end[i]) + " on axis " +
                      std::to_string(axis));
    if (axis < shape.rank()) out = out.with(axis, shape[axis] + added);
  }
  return out;
}

// Rows [to, to + count) of the target hold rows [from, from + count) of the source; the rest of its
// `size` rows is border.
struct Overlap {
  std::int64_t from, to, count, size;
};
Overlap overlap(const Shape& in, const Shape& out, const PadAttributes& a, int axis) {
  if (axis >= in.rank()) return {0, 0, 1, 1};
  const std::int64_t begin = a.begin[static_cast<std::size_t>(axis)];
  const std::int64_t from = std::clamp<std::int64_t>(-begin, 0, in[axis]);
  const std::int64_t to = std::clamp<std::int64_t>(begin, 0, out[axis]);
  const std::int64_t count = std::min(in[axis] - from, out[axis] - to);
  return {from, to, count, out[axis]};
}

// Pixels of one row of the target: border, source pixels between channel borders, border.
void pad_row(const float* from, std::int64_t from_stride, const Overlap& w, const Overlap& c,
             float value, float* to) {
  const auto& table = kernels::move();
  const std::int64_t size = 4, channels = c.size;
  const auto fill = [&](std::int64_t rows, std::int64_t count, float* at) {
    if (count > 0) table.fill(rows, count, 4, &value, at, channels * size);
  };
  const std::int64_t after = w.to + w.count;
  fill(1, w.to * channels, to);
  fill(1, (w.size - after) * channels, to + after * channels);
  float* inside = to + w.to * channels;
  fill(w.count, c.to, inside);
  table.copy(w.count, c.count * size, from + w.from * from_stride + c.from, from_stride * size,
             inside + c.to, channels * size);
  const std::int64_t end = c.to + c.count;
  fill(w.count, channels - end, inside + end);
}

// The border of one f32 value; numbers of other types and other borders are read through maps.
Tensor padded(const Tensor& given, const PadAttributes& a) {
  const auto value = static_cast<float>(a.value);
  const Tensor x = as_channels_last("pad", given);
  const Shape &in = x.shape(), out = padded_shape(in, a);
  const Tensor y = Tensor::empty(out);
  // Rank 2 and less has no spatial axis: its images are the pixels of a row.
  const int last = in.rank() > 2 ? in.rank() - 1 : 0;
  const Overlap w = overlap(in, out, a, last), c = overlap(in, out, a, 1);
  const std::int64_t row = w.size * c.size, rows = row == 0 ? 0 : out.elements() / row;
  const auto task = [&](std::int64_t first, std::int64_t end, int) {
    for (std::int64_t r = first; r < end; ++r) {
      std::int64_t rest = r, offset = 0;
      bool inside = true;
      for (int axis = last - 1; axis >= 0; --axis) {
        if (axis == 1) continue;
        const Overlap o = overlap(in, out, a, axis);
        const std::int64_t at = rest % o.size - o.to;
        rest /= o.size;
        inside = inside && at >= 0 && at < o.count;
        offset += (at + o.from) * x.layout().stride(axis);
      }
      float* to = y.data() + r * row;
      if (inside)
        pad_row(x.data() + offset, x.pixel_stride(), w, c, value, to);
      else
        kernels::move().fill(1, row, 4, &value, to, 0);
    }
  };
  runtime::parallel_for(rows, rows_grain(row), task);
  return y;
}

// The index of x that index `at` of y reads, or -1.
std::int64_t read_from(std::int64_t at, std::int64_t size, PadMode mode) {
  if (at >= 0 && at < size) return at;
  switch (mode) {
    case PadMode::constant:
      return -1;
    case PadMode::edge:
      return at < 0 ? 0 : size - 1;
    case PadMode::wrap:
      return (at % size + size) % size;
    case PadMode::reflect:
      break;
  }
  if (size == 1) return 0;
  const std::int64_t period = 2 * (size - 1), place = (at % period + period) % period;
  return place < size ? place : period - place;
}

AxisMaps maps_of(const Shape& x, const PadAttributes& a) {
  const Shape y = padded_shape(x, a);
  AxisMaps maps;
  for (int axis = 0; axis < x.rank(); ++axis) {
    maps.push_back(identity_map(y[axis]));
    for (std::int64_t& at : maps.back())
      at = read_from(at - a.begin[static_cast<std::size_t>(axis)], x[axis], a.mode);
  }
  return maps;
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = std::get<PadAttributes>(attributes);
  if (a.mode != PadMode::constant && inputs[0].elements() == 0)
    throw Error("pad", "numbers to fill the border with", inputs[0].text());
  return padded_shape(inputs[0], a);
}

Tensor forward(ForwardContext& context) {
  const auto& a = std::get<PadAttributes>(context.attributes);
  const Tensor& x = context.inputs[0];
  if (a.mode == PadMode::constant && x.dtype() == DType::f32) return padded(x, a);
  return read_through(maps_of(x.shape(), a), x, a.value, context.target);
}

void backward(BackwardContext& context) {
  const auto& a = std::get<PadAttributes>(context.attributes);
  const Shape& x = context.input_shapes[0];
  if (a.mode != PadMode::constant) {
    context.gradients[0] = add_through(maps_of(x, a), context.dy, x);
    return;
  }
  PadAttributes back;
  for (std::size_t i = 0; i < a.begin.size(); ++i) {
    back.begin[i] = -a.begin[i];
    back.end[i] = -a.end[i];
  }
  context.gradients[0] = padded(context.dy, back);
}

}  // namespace

const OpDef pad_op{.name = "pad",
                   .infer = infer,
                   .forward = forward,
                   .backward = backward,
                   .needs = Needs::nothing};

Value pad(const Value& x, const PadAttributes& attributes) {
  return x.tape().record(pad_op, {x}, attributes);
}

}  // namespace burin

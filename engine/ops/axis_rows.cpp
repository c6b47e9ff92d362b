#include "engine/ops/axis_rows.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "kernels/move/move.h"

namespace burin {

int axis_of(std::string_view op, const Shape& shape, int axis) {
  const int rank = shape.rank(), from_front = axis < 0 ? axis + rank : axis;
  if (from_front < 0 || from_front >= rank)
    throw Error(std::string(op), "an axis of " + shape.text(), std::to_string(axis));
  return from_front;
}

AxisRows axis_rows(const Tensor& t, int axis) {
  const bool usable = t.layout().is_channels_last() && (axis == 1 || t.layout().is_dense());
  const Tensor x = usable ? t : t.in_order(Order::channels_last);
  const Shape& shape = x.shape();
  AxisRows out{.tensor = x, .length = shape[axis]};
  if (shape.elements() == 0) return out;
  if (axis == 1) {
    out.outer = shape.elements() / shape[1];
    out.inner = 1;
    out.stride = x.pixel_stride();
    return out;
  }
  out.inner = shape.channels();
  for (int a = std::max(axis + 1, 2); a < shape.rank(); ++a) out.inner *= shape[a];
  out.stride = out.inner * out.length;
  out.outer = shape.elements() / out.stride;
  return out;
}

void copy_entries(const AxisRows& from, std::int64_t from_first, const AxisRows& to,
                  std::int64_t to_first, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(size_of(from.tensor.dtype()));
  const auto start = [size](const AxisRows& rows, std::int64_t first) {
    return rows.tensor.storage()->data() +
           (rows.tensor.layout().offset() + first * rows.inner) * size;
  };
  const std::byte* source = start(from, from_first);
  std::byte* target = start(to, to_first);
  const std::int64_t bytes = count * from.inner * size;
  if (bytes == 0) return;
  // About 64 KiB a task; one long row is cut too.
  const std::int64_t pieces = from.outer == 1 ? (bytes + 65535) / 65536 : 1;
  if (pieces > 1) {
    runtime::parallel_for(pieces, 1, [=](std::int64_t first, std::int64_t last, int) {
      const std::int64_t begin = first * 65536, end = std::min(bytes, last * 65536);
      kernels::move().copy(1, end - begin, source + begin, 0, target + begin, 0);
    });
    return;
  }
  const std::int64_t from_stride = from.stride * size, to_stride = to.stride * size;
  runtime::parallel_for(from.outer, std::max<std::int64_t>(1, 65536 / bytes),
                        [=](std::int64_t first, std::int64_t last, int) {
                          kernels::move().copy(last - first, bytes, source + first * from_stride,
                                               from_stride, target + first * to_stride, to_stride);
                        });
}

}  // namespace burin

#include "engine/ops/axis_maps.h"

#include <algorithm>
#include <numeric>

#include "engine/ops/element_types.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

Shape shape_of(const AxisMaps& maps) {
  std::vector<std::int64_t> sizes;
  for (const auto& map : maps) sizes.push_back(static_cast<std::int64_t>(map.size()));
  return Shape(sizes);
}

constexpr std::int64_t outside = -1;

// Steps of x instead of indices; `outside` stays.
AxisMaps offsets_of(const AxisMaps& maps, const Layout& x) {
  AxisMaps offsets = maps;
  for (std::size_t axis = 0; axis < maps.size(); ++axis)
    for (std::int64_t& at : offsets[axis])
      if (at != outside) at *= x.stride(static_cast<int>(axis));
  return offsets;
}

// Offsets that follow each other, such as all channels of a pixel.
bool is_run(const std::vector<std::int64_t>& offsets) {
  for (std::size_t i = 1; i < offsets.size(); ++i)
    if (offsets[i] != offsets[0] + static_cast<std::int64_t>(i)) return false;
  return offsets[0] != outside;
}

template <class T>
void read(const AxisMaps& offsets, const T* x, const Tensor& y, T fill) {
  const Shape& shape = y.shape();
  const int rank = shape.rank();
  const auto order = walk_order(shape, steps_of(y, shape));
  const int inner = order[static_cast<std::size_t>(rank - 1)];
  const std::vector<std::int64_t>& row_map = offsets[static_cast<std::size_t>(inner)];
  const std::int64_t count = shape[inner], step = y.layout().stride(inner);
  const bool run = step == 1 && is_run(row_map);
  const auto read_row = [&](std::int64_t row) {
    std::int64_t from = 0, to = 0;
    bool inside = true;
    for (int n = rank - 2; n >= 0; --n) {
      const int axis = order[static_cast<std::size_t>(n)];
      const std::int64_t i = row % shape[axis];
      const std::int64_t at = offsets[static_cast<std::size_t>(axis)][static_cast<std::size_t>(i)];
      row /= shape[axis];
      inside = inside && at != outside;
      from += at;
      to += i * y.layout().stride(axis);
    }
    T* const out = y.data<T>() + to;
    if (inside && run) {
      std::copy_n(x + from + row_map[0], count, out);
      return;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t at = row_map[static_cast<std::size_t>(i)];
      out[i * step] = inside && at != outside ? x[from + at] : fill;
    }
  };
  runtime::parallel_for(shape.elements() / count, rows_grain(count),
                        [&](std::int64_t first, std::int64_t last, int) {
                          for (std::int64_t row = first; row < last; ++row) read_row(row);
                        });
}

// Indices of y that read each index of x along one axis.
std::vector<std::vector<std::int64_t>> readers_of(const std::vector<std::int64_t>& map,
                                                  std::int64_t count) {
  std::vector<std::vector<std::int64_t>> readers(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < map.size(); ++i)
    if (map[i] != outside)
      readers[static_cast<std::size_t>(map[i])].push_back(static_cast<std::int64_t>(i));
  return readers;
}

}  // namespace

std::vector<std::int64_t> identity_map(std::int64_t count) {
  std::vector<std::int64_t> map(static_cast<std::size_t>(count));
  std::iota(map.begin(), map.end(), std::int64_t{0});
  return map;
}

Tensor read_through(const AxisMaps& maps, const Tensor& x, double fill, const Tensor& target) {
  const Shape shape = shape_of(maps);
  const Tensor y = target ? target : Tensor::empty(shape, x.dtype());
  if (shape.elements() == 0) return y;
  if (shape.rank() == 0) {
    y.copy_from(x);
    return y;
  }
  const AxisMaps offsets = offsets_of(maps, x.layout());
  for_type("read", x.dtype(), NumbersAndBool{}, [&](auto zero) {
    using T = decltype(zero);
    read<T>(offsets, x.data<T>(), y, static_cast<T>(fill));
  });
  return y;
}

Tensor add_through(const AxisMaps& maps, const Tensor& dy, const Shape& shape) {
  const Tensor dx = Tensor::zeros(shape);
  if (dy.elements() == 0) return dx;
  int cut = 0;  // a task owns an entry of dx along this axis
  for (int axis = 1; axis < shape.rank(); ++axis)
    if (shape[axis] > shape[cut]) cut = axis;
  const auto readers = shape.rank() > 0
                           ? readers_of(maps[static_cast<std::size_t>(cut)], shape[cut])
                           : std::vector<std::vector<std::int64_t>>{{0}};
  const Shape part = shape.rank() > 0 ? dy.shape().with(cut, 1) : dy.shape();
  const auto add_from = [&](std::int64_t entry, std::int64_t reader) {
    for (std::int64_t i = 0; i < part.elements(); ++i) {
      std::int64_t rest = i, from = 0, to = 0;
      bool inside = true;
      for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        const std::int64_t index = axis == cut ? reader : rest % part[axis];
        const std::int64_t at =
            axis == cut ? entry
                        : maps[static_cast<std::size_t>(axis)][static_cast<std::size_t>(index)];
        rest /= part[axis];
        inside = inside && at != outside;
        from += index * dy.layout().stride(axis);
        to += at * dx.layout().stride(axis);
      }
      if (inside) dx.data()[to] += dy.data()[from];
    }
  };
  runtime::parallel_for(
      std::ssize(readers), rows_grain(part.elements()),
      [&](std::int64_t first, std::int64_t last, int) {
        for (std::int64_t entry = first; entry < last; ++entry)
          for (const std::int64_t reader : readers[static_cast<std::size_t>(entry)])
            add_from(entry, reader);
      });
  return dx;
}

}  // namespace burin

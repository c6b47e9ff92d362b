#include "engine/ops/indexed.h"

#include <algorithm>

#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/index_numbers.h"

namespace burin {
namespace {

std::vector<std::int64_t> row_major_steps(const Shape& shape) {
  std::vector<std::int64_t> steps;
  for (int axis = 0; axis < shape.rank(); ++axis) steps.push_back(elements_from(shape, axis + 1));
  return steps;
}

template <class T>
T combined(ScatterMode mode, T old, T update) {
  switch (mode) {
    case ScatterMode::replace:
      return update;
    case ScatterMode::add:
      return static_cast<T>(old + update);
    case ScatterMode::multiply:
      return static_cast<T>(old * update);
    case ScatterMode::maximum:
      return std::max(old, update);
    case ScatterMode::minimum:
      return std::min(old, update);
  }
  return update;
}

}  // namespace

Shape check_element_indices(std::string_view op, const Shape& x, const Shape& indices, int axis) {
  const int cut = axis_of(op, x, axis);
  bool fits = indices.rank() == x.rank();
  for (int i = 0; fits && i < x.rank(); ++i) fits = i == cut || indices[i] <= x[i];
  if (!fits)
    throw Error(std::string(op),
                "indices that fit into " + x.text() + " but for axis " + std::to_string(cut),
                indices.text());
  return indices;
}

std::vector<std::int64_t> element_places(std::string_view op, const Shape& x, const Tensor& indices,
                                         int axis) {
  const int cut = axis_of(op, x, axis);
  const auto steps = row_major_steps(x);
  std::vector<std::int64_t> places = index_numbers(op, indices);
  for (std::size_t n = 0; n < places.size(); ++n) {
    auto rest = static_cast<std::int64_t>(n);
    std::int64_t place = index_in(op, places[n], x[cut]) * steps[static_cast<std::size_t>(cut)];
    for (int i = x.rank() - 1; i >= 0; --i) {
      if (i != cut) place += rest % indices.shape()[i] * steps[static_cast<std::size_t>(i)];
      rest /= indices.shape()[i];
    }
    places[n] = place;
  }
  return places;
}

Shape tuple_shape(std::string_view op, const Shape& x, const Shape& indices, int batch) {
  const int last = indices.rank() - 1;
  bool good = last >= 0 && batch >= 0 && batch <= last && batch < x.rank() && indices[last] >= 1 &&
              indices[last] <= x.rank() - batch;
  for (int i = 0; good && i < batch; ++i) good = indices[i] == x[i];
  if (!good)
    throw Error(std::string(op), "[.., k] indices of up to k axes of " + x.text(), indices.text());
  std::vector<std::int64_t> sizes(indices.sizes().begin(), indices.sizes().end() - 1);
  for (int i = batch + static_cast<int>(indices[last]); i < x.rank(); ++i) sizes.push_back(x[i]);
  return Shape(sizes);
}

std::vector<std::int64_t> tuple_places(std::string_view op, const Shape& x, const Tensor& indices,
                                       int batch) {
  const auto steps = row_major_steps(x);
  const std::vector<std::int64_t> numbers = index_numbers(op, indices);
  const std::int64_t length = indices.shape()[indices.shape().rank() - 1];
  const std::int64_t count = std::ssize(numbers) / length;
  const std::int64_t batches = x.elements() == 0 ? 1 : x.elements() / elements_from(x, batch);
  const std::int64_t each = std::max<std::int64_t>(1, count / std::max<std::int64_t>(1, batches));
  std::vector<std::int64_t> places;
  for (std::int64_t n = 0; n < count; ++n) {
    std::int64_t place = n / each * elements_from(x, batch);
    for (std::int64_t k = 0; k < length; ++k) {
      const int axis = batch + static_cast<int>(k);
      place += index_in(op, numbers[static_cast<std::size_t>(n * length + k)], x[axis]) *
               steps[static_cast<std::size_t>(axis)];
    }
    places.push_back(place);
  }
  return places;
}

Tensor read_places(const Tensor& x, const std::vector<std::int64_t>& places, std::int64_t run,
                   const Shape& shape) {
  const Tensor rows = x.in_order(Order::row_major);
  const Tensor y = Tensor::empty(shape, x.dtype(), Order::row_major);
  for_type("gather", x.dtype(), NumbersAndBool{}, [&](auto zero) {
    using T = decltype(zero);
    T* out = y.data<T>();
    for (const std::int64_t place : places) out = std::copy_n(rows.data<T>() + place, run, out);
  });
  return y;
}

void write_places(const Tensor& y, const std::vector<std::int64_t>& places, std::int64_t run,
                  const Tensor& updates, ScatterMode mode) {
  const Tensor rows = updates.in_order(Order::row_major);
  for_type("scatter", y.dtype(), NumbersAndBool{}, [&](auto zero) {
    using T = decltype(zero);
    const T* in = rows.data<T>();
    for (const std::int64_t place : places)
      for (T* out = y.data<T>() + place; out < y.data<T>() + place + run; ++out)
        *out = combined(mode, *out, *in++);
  });
}

void check_updates(std::string_view op, const Shape& updates, const Shape& wanted) {
  if (!(updates == wanted))
    throw Error(std::string(op), "updates of shape " + wanted.text(), updates.text());
}

DType scattered_type(std::string_view op, std::span<const DType> inputs, ScatterMode mode) {
  static_cast<void>(require_type(op, inputs[1], Indices{}));
  if (inputs[2] != inputs[0])
    throw Error(std::string(op), "updates of type " + std::string(dtype_name(inputs[0])),
                std::string(dtype_name(inputs[2])));
  if (mode == ScatterMode::replace) return require_type(op, inputs[0], NumbersAndBool{});
  return require_type(op, inputs[0], Numbers{});
}

Tensor scattered(const Tensor& x, const std::vector<std::int64_t>& places, std::int64_t run,
                 const Tensor& updates, ScatterMode mode) {
  const Tensor y = Tensor::empty(x.shape(), x.dtype(), Order::row_major);
  y.copy_from(x);
  write_places(y, places, run, updates, mode);
  return y;
}

}  // namespace burin

#include "engine/tensor/layout.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "engine/error.h"

namespace burin {

Layout::Layout(const Shape& shape, Order order) : shape_(shape) {
  const auto set = [this](int axis, std::int64_t stride) {
    strides_[static_cast<std::size_t>(axis)] = stride;
    return stride * std::max<std::int64_t>(shape_[axis], 1);
  };
  std::int64_t stride = 1;
  const bool channels_first_axis = order == Order::channels_last && shape.rank() > 2;
  if (channels_first_axis) stride = set(1, stride);
  for (int axis = shape.rank() - 1; axis >= 0; --axis)
    if (!(channels_first_axis && axis == 1)) stride = set(axis, stride);
}

std::int64_t Layout::pixel_stride() const noexcept {
  for (int axis = shape_.rank() - 1; axis >= 0; --axis)
    if (axis != 1 && shape_[axis] > 1) return stride(axis);
  return shape_.channels();
}

bool Layout::is_channels_last() const noexcept {
  const int rank = shape_.rank();
  if (shape_.elements() == 0) return true;
  if (rank == 1) return shape_[0] == 1 || stride(0) == 1;
  if (rank > 1 && shape_[1] > 1 && stride(1) != 1) return false;
  std::int64_t expected = pixel_stride();
  if (expected < shape_.channels()) return false;
  for (int axis = rank - 1; axis >= 0; --axis) {
    if (axis == 1 || shape_[axis] == 1) continue;
    if (stride(axis) != expected) return false;
    expected *= shape_[axis];
  }
  return true;
}

bool Layout::is_row_major() const noexcept {
  if (shape_.elements() == 0) return true;
  std::int64_t expected = 1;
  for (int axis = shape_.rank() - 1; axis >= 0; --axis) {
    if (shape_[axis] == 1) continue;
    if (stride(axis) != expected) return false;
    expected *= shape_[axis];
  }
  return true;
}

bool Layout::is_dense() const noexcept {
  return is_row_major() ||
         (shape_.rank() > 1 && is_channels_last() && pixel_stride() == shape_.channels());
}

bool Layout::same_strides(const Layout& other) const noexcept {
  if (!(shape_ == other.shape_)) return false;
  for (int axis = 0; axis < shape_.rank(); ++axis)
    if (shape_[axis] > 1 && stride(axis) != other.stride(axis)) return false;
  return true;
}

std::int64_t Layout::extent() const noexcept {
  if (shape_.elements() == 0) return 0;
  std::int64_t last = 0;
  for (int axis = 0; axis < shape_.rank(); ++axis) last += (shape_[axis] - 1) * stride(axis);
  return last + 1;
}

Layout Layout::sliced(int axis, std::int64_t first, std::int64_t count) const {
  const char* const names[] = {"batch_slice", "channel_slice", "row_slice"};
  const std::string what = names[axis];
  if (axis >= shape_.rank()) throw Error(what, "an axis " + std::to_string(axis), shape_.text());
  if (first < 0 || count < 0 || first > shape_[axis] || count > shape_[axis] - first)
    throw Error(what, "a range inside 0.." + std::to_string(shape_[axis]),
                std::to_string(first) + " + " + std::to_string(count));
  Layout out = *this;
  out.shape_ = shape_.with(axis, count);
  out.offset_ += first * stride(axis);
  return out;
}

Layout Layout::channel_slice(std::int64_t first, std::int64_t count) const {
  return sliced(1, first, count);
}

Layout Layout::batch_slice(std::int64_t first, std::int64_t count) const {
  return sliced(0, first, count);
}

Layout Layout::row_slice(std::int64_t first, std::int64_t count) const {
  return sliced(2, first, count);
}

Layout Layout::moved(std::int64_t elements) const {
  Layout out = *this;
  out.offset_ += elements;
  return out;
}

Layout Layout::permuted(std::span<const int> order) const {
  assert(static_cast<int>(order.size()) == shape_.rank());
  std::vector<std::int64_t> sizes;
  for (const int axis : order) sizes.push_back(shape_[axis]);
  Layout out = *this;
  out.shape_ = Shape(sizes);
  for (std::size_t i = 0; i < order.size(); ++i) out.strides_[i] = stride(order[i]);
  return out;
}

std::optional<Layout> Layout::reshape(const Shape& shape) const {
  Layout out(shape, Order::row_major);
  out.offset_ = offset_;
  if (shape_.elements() == 0 || is_row_major()) return out;
  // Groups of axes with equal products must be contiguous inside the source group.
  int from = shape_.rank() - 1, to = shape.rank() - 1;
  while (from >= 0 && to >= 0) {
    std::int64_t have = shape_[from], want = shape[to];
    const int from_last = from, to_last = to;
    while (have != want) {
      if (have < want)
        have *= shape_[--from];
      else
        want *= shape[--to];
    }
    std::int64_t inner = 0, expected = 0;  // 0: no axis larger than 1 seen
    for (int axis = from_last; axis >= from; --axis) {
      if (shape_[axis] == 1) continue;
      if (inner == 0) inner = expected = stride(axis);
      if (stride(axis) != expected) return std::nullopt;
      expected *= shape_[axis];
    }
    if (inner == 0) inner = 1;
    for (int axis = to_last; axis >= to; --axis) {
      out.strides_[static_cast<std::size_t>(axis)] = inner;
      inner *= shape[axis];
    }
    --from;
    --to;
  }
  return out;
}

}  // namespace burin

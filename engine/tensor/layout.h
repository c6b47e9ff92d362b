// Shape, strides and offset, in elements. Activations are channels last with a pixel stride, so
// that a channel slice is a tensor; weights and matrices are row major, as in files.
#pragma once

#include <optional>

#include "engine/tensor/shape.h"

namespace burin {

enum class Order { channels_last, row_major };

class Layout {
 public:
  Layout() = default;
  Layout(const Shape& shape, Order order);

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::int64_t stride(int axis) const noexcept {
    return strides_[static_cast<std::size_t>(axis)];
  }
  [[nodiscard]] std::int64_t offset() const noexcept { return offset_; }

  // Elements from one pixel to the next of a channels-last tensor (>= channels). For rank 2 (N,C) a
  // row is a pixel.
  [[nodiscard]] std::int64_t pixel_stride() const noexcept;
  // Channel stride 1 and pixels at a constant stride, image after image. Axes of size 1 do not
  // count, so a tensor can be both this and row major.
  [[nodiscard]] bool is_channels_last() const noexcept;
  // No gaps, last axis fastest.
  [[nodiscard]] bool is_row_major() const noexcept;
  // No gaps: elements() numbers in a row, in either order.
  [[nodiscard]] bool is_dense() const noexcept;
  // Both walk memory in the same way: an element-wise loop may treat them as flat arrays when they
  // are dense.
  [[nodiscard]] bool same_strides(const Layout& other) const noexcept;

  // Elements of storage from the first one used to the last one used; 0 when empty.
  [[nodiscard]] std::int64_t extent() const noexcept;

  // Channels [first, first + count). Throws Error when out of range.
  [[nodiscard]] Layout channel_slice(std::int64_t first, std::int64_t count) const;
  // Images [first, first + count) of the batch. Throws Error when out of range.
  [[nodiscard]] Layout batch_slice(std::int64_t first, std::int64_t count) const;
  // Positions [first, first + count) of axis 2, the rows of an image. Throws Error when out of range.
  [[nodiscard]] Layout row_slice(std::int64_t first, std::int64_t count) const;
  // The same strides, `elements` further on in the storage.
  [[nodiscard]] Layout moved(std::int64_t elements) const;
  // The same elements in logical order under another shape of as many elements; empty when the
  // strides do not allow it.
  [[nodiscard]] std::optional<Layout> reshape(const Shape& shape) const;
  // Axis i is axis order[i] of this one; `order` names each axis once (assert).
  [[nodiscard]] Layout permuted(std::span<const int> order) const;

 private:
  [[nodiscard]] Layout sliced(int axis, std::int64_t first, std::int64_t count) const;

  Shape shape_;
  std::array<std::int64_t, Shape::max_rank> strides_{};
  std::int64_t offset_ = 0;
};

}  // namespace burin

// A tensor is a handle: storage + layout + type. Copying it copies the handle; clone() copies
// numbers.
#pragma once

#include <cassert>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/tensor/dtype.h"
#include "engine/tensor/layout.h"
#include "engine/tensor/storage.h"

namespace burin {

class Tensor {
 public:
  Tensor() = default;  // undefined: converts to false

  // Uninitialized numbers.
  static Tensor empty(const Shape& shape, DType type = DType::f32,
                      Order order = Order::channels_last);
  static Tensor zeros(const Shape& shape, DType type = DType::f32,
                      Order order = Order::channels_last);
  static Tensor full(const Shape& shape, float value, Order order = Order::channels_last);
  // Numbers given in logical order (N,C,D,H,W, last axis fastest), whatever the layout. Throws
  // Error on a wrong count.
  static Tensor from(const Shape& shape, std::span<const float> logical,
                     Order order = Order::channels_last);
  // `layout` over existing memory. Throws Error when the storage is too small.
  static Tensor view(std::shared_ptr<Storage> storage, const Layout& layout, DType type);

  explicit operator bool() const noexcept { return storage_ != nullptr; }
  [[nodiscard]] const Shape& shape() const noexcept { return layout_.shape(); }
  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  [[nodiscard]] const std::shared_ptr<Storage>& storage() const noexcept { return storage_; }
  [[nodiscard]] std::int64_t pixel_stride() const noexcept { return layout_.pixel_stride(); }
  [[nodiscard]] std::int64_t elements() const noexcept { return layout_.shape().elements(); }

  // First element; the type must be the tensor's (assert).
  template <class T = float>
  [[nodiscard]] T* data() const noexcept {
    assert(storage_ != nullptr && dtype_of<std::remove_const_t<T>> == dtype_);
    return reinterpret_cast<T*>(storage_->data()) + layout_.offset();
  }

  [[nodiscard]] Tensor channel_slice(std::int64_t first, std::int64_t count) const;
  [[nodiscard]] Tensor batch_slice(std::int64_t first, std::int64_t count) const;
  [[nodiscard]] Tensor row_slice(std::int64_t first, std::int64_t count) const;  // of axis 2
  // The same numbers in logical order under another shape; a view where strides allow, else a copy,
  // which is channels last when both have three dimensions or more.
  [[nodiscard]] Tensor reshape(const Shape& shape) const;
  // A view whose axis i is axis order[i] of this one; `order` names each axis once (assert).
  [[nodiscard]] Tensor permuted(std::span<const int> order) const;
  // Itself when it has no gaps and lies in that order, else a copy that does.
  [[nodiscard]] Tensor in_order(Order order) const;
  [[nodiscard]] Tensor clone() const;          // dense, same order
  void fill(float value) const;                // any type; converted as by a cast
  void copy_from(const Tensor& source) const;  // same shape and type, any layouts. Throws Error
  // Numbers in logical order as float (any type).
  [[nodiscard]] std::vector<float> to_vector() const;

 private:
  std::shared_ptr<Storage> storage_;
  Layout layout_;
  DType dtype_ = DType::f32;
};

// "f32 1x3x2x2 channels_last" and the numbers, stable across machines; long tensors are
// abbreviated.
[[nodiscard]] std::string to_text(const Tensor& tensor);

}  // namespace burin

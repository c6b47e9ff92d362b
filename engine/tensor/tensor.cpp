#include "engine/tensor/tensor.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "engine/tensor/copy.h"
#include "kernels/bf16.h"

namespace burin {
namespace {

constexpr std::int64_t chunk = std::int64_t{1} << 16;  // elements of one task of a flat loop

std::size_t bytes_of(const Tensor& t) {
  return static_cast<std::size_t>(t.elements()) * size_of(t.dtype());
}

template <class T>
float as_float(T value) {
  return static_cast<float>(value);
}

template <class T>
std::vector<float> dense_to_floats(const Tensor& t) {
  std::vector<float> out(static_cast<std::size_t>(t.elements()));
  const T* in = t.data<T>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    if constexpr (std::is_same_v<T, std::uint16_t>)
      out[i] = kernels::widen_bf16(in[i]);
    else
      out[i] = as_float(in[i]);
  }
  return out;
}

template <class T>
void fill_dense(const Tensor& t, T value) {
  T* out = t.data<T>();
  runtime::parallel_for(t.elements(), chunk, [&](std::int64_t first, std::int64_t last, int) {
    std::fill(out + first, out + last, value);
  });
}

void fill_dense_as(const Tensor& t, float value) {
  switch (t.dtype()) {
    case DType::f32:
      return fill_dense<float>(t, value);
    case DType::f64:
      return fill_dense<double>(t, value);
    case DType::bf16:
      return fill_dense<std::uint16_t>(t, kernels::round_bf16(value));
    case DType::u8:
      return fill_dense(t, static_cast<std::uint8_t>(value));
    case DType::s8:
      return fill_dense(t, static_cast<std::int8_t>(value));
    case DType::i32:
      return fill_dense(t, static_cast<std::int32_t>(value));
    case DType::i64:
      return fill_dense(t, static_cast<std::int64_t>(value));
    case DType::boolean:
      return fill_dense(t, value != 0);
  }
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType type, Order order) {
  Tensor out;
  out.layout_ = Layout(shape, order);
  out.dtype_ = type;
  out.storage_ = Storage::allocate(bytes_of(out));
  return out;
}

Tensor Tensor::zeros(const Shape& shape, DType type, Order order) {
  const Tensor out = empty(shape, type, order);
  out.fill(0);
  return out;
}

Tensor Tensor::full(const Shape& shape, float value, Order order) {
  const Tensor out = empty(shape, DType::f32, order);
  out.fill(value);
  return out;
}

Tensor Tensor::from(const Shape& shape, std::span<const float> logical, Order order) {
  if (static_cast<std::int64_t>(logical.size()) != shape.elements())
    throw Error("tensor", std::to_string(shape.elements()) + " numbers for " + shape.text(),
                std::to_string(logical.size()));
  const Tensor rows = empty(shape, DType::f32, Order::row_major);
  std::copy(logical.begin(), logical.end(), rows.data());
  return rows.in_order(order);
}

Tensor Tensor::view(std::shared_ptr<Storage> storage, const Layout& layout, DType type) {
  const std::int64_t end = layout.offset() + layout.extent();
  const std::size_t have = storage ? storage->bytes() : 0;
  if (!storage || static_cast<std::size_t>(end) > have / size_of(type))
    throw Error("tensor", std::to_string(end) + " elements of storage",
                std::to_string(have) + " bytes");
  Tensor out;
  out.storage_ = std::move(storage);
  out.layout_ = layout;
  out.dtype_ = type;
  return out;
}

Tensor Tensor::channel_slice(std::int64_t first, std::int64_t count) const {
  Tensor out = *this;
  out.layout_ = layout_.channel_slice(first, count);
  return out;
}

Tensor Tensor::batch_slice(std::int64_t first, std::int64_t count) const {
  Tensor out = *this;
  out.layout_ = layout_.batch_slice(first, count);
  return out;
}

Tensor Tensor::row_slice(std::int64_t first, std::int64_t count) const {
  Tensor out = *this;
  out.layout_ = layout_.row_slice(first, count);
  return out;
}

Tensor Tensor::permuted(std::span<const int> order) const {
  return view(storage_, layout_.permuted(order), dtype_);
}

Tensor Tensor::reshape(const Shape& shape) const {
  if (shape.elements() != elements())
    throw Error("reshape", std::to_string(elements()) + " elements as in " + this->shape().text(),
                shape.text());
  Tensor out = *this;
  if (const auto layout = layout_.reshape(shape)) {
    out.layout_ = *layout;
    return out;
  }
  const bool planes = this->shape().rank() > 2 && shape.rank() > 2;
  if (planes) {  // one copy into what has the channels last, where its axes can be cut alike
    const Tensor whole = empty(shape, dtype_);
    if (const auto cut = whole.layout().reshape(this->shape())) {
      view(whole.storage(), *cut, dtype_).copy_from(*this);
      return whole;
    }
  }
  out = in_order(Order::row_major);
  out.layout_ = Layout(shape, Order::row_major);
  return planes ? out.in_order(Order::channels_last) : out;
}

Tensor Tensor::in_order(Order order) const {
  const bool dense_last = layout_.is_channels_last() && layout_.is_dense();
  if (order == Order::row_major ? layout_.is_row_major() : dense_last) return *this;
  const Tensor out = empty(shape(), dtype_, order);
  out.copy_from(*this);
  return out;
}

Tensor Tensor::clone() const {
  const Tensor out =
      empty(shape(), dtype_, layout_.is_channels_last() ? Order::channels_last : Order::row_major);
  out.copy_from(*this);
  return out;
}

void Tensor::fill(float value) const {
  if (layout_.is_dense()) {
    fill_dense_as(*this, value);
  } else {
    const Tensor dense = empty(shape(), dtype_);
    fill_dense_as(dense, value);
    copy_from(dense);
  }
}

void Tensor::copy_from(const Tensor& source) const {
  if (!(source.shape() == shape()) || source.dtype() != dtype_)
    throw Error("copy", std::string(dtype_name(dtype_)) + " " + shape().text(),
                std::string(dtype_name(source.dtype())) + " " + source.shape().text());
  copy_numbers(source, *this);
}

std::vector<float> Tensor::to_vector() const {
  const Tensor rows = in_order(Order::row_major);
  switch (dtype_) {
    case DType::f32:
      return dense_to_floats<float>(rows);
    case DType::f64:
      return dense_to_floats<double>(rows);
    case DType::bf16:
      return dense_to_floats<std::uint16_t>(rows);
    case DType::u8:
      return dense_to_floats<std::uint8_t>(rows);
    case DType::s8:
      return dense_to_floats<std::int8_t>(rows);
    case DType::i32:
      return dense_to_floats<std::int32_t>(rows);
    case DType::i64:
      return dense_to_floats<std::int64_t>(rows);
    case DType::boolean:
      return dense_to_floats<bool>(rows);
  }
  return {};
}

}  // namespace burin

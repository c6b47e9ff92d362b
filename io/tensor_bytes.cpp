#include "io/tensor_bytes.h"

#include <bit>
#include <cstring>

#include "engine/error.h"

namespace burin {
namespace {

template <class T>
void gather(const Tensor& tensor, T* out) {
  const Layout& layout = tensor.layout();
  const Shape& shape = tensor.shape();
  const T* base = reinterpret_cast<const T*>(tensor.storage()->data()) + layout.offset();
  std::array<std::int64_t, Shape::max_rank> index{};
  const int rank = shape.rank();
  const std::int64_t row = rank > 0 ? shape[rank - 1] : 1;
  const std::int64_t step = rank > 0 ? layout.stride(rank - 1) : 1;
  for (std::int64_t left = tensor.elements(); left > 0; left -= row) {
    const T* p = base;
    for (int axis = 0; axis + 1 < rank; ++axis)
      p += index[static_cast<std::size_t>(axis)] * layout.stride(axis);
    for (std::int64_t i = 0; i < row; ++i) *out++ = p[i * step];
    for (int axis = rank - 2; axis >= 0; --axis) {
      if (++index[static_cast<std::size_t>(axis)] < shape[axis]) break;
      index[static_cast<std::size_t>(axis)] = 0;
    }
  }
}

}  // namespace

std::span<std::uint8_t> row_major_bytes(const Tensor& tensor) {
  const std::size_t size = size_of(tensor.dtype());
  auto* first = reinterpret_cast<std::uint8_t*>(tensor.storage()->data()) +
                static_cast<std::size_t>(tensor.layout().offset()) * size;
  return {first, static_cast<std::size_t>(tensor.elements()) * size};
}

Tensor to_row_major(const Tensor& tensor) {
  if (tensor.layout().is_row_major() && tensor.layout().is_dense()) return tensor;
  Tensor out = Tensor::empty(tensor.shape(), tensor.dtype(), Order::row_major);
  std::uint8_t* bytes = row_major_bytes(out).data();
  switch (size_of(tensor.dtype())) {
    case 1:
      gather(tensor, bytes);
      break;
    case 2:
      gather(tensor, reinterpret_cast<std::uint16_t*>(bytes));
      break;
    case 4:
      gather(tensor, reinterpret_cast<std::uint32_t*>(bytes));
      break;
    default:
      gather(tensor, reinterpret_cast<std::uint64_t*>(bytes));
      break;
  }
  return out;
}

Shape checked_shape(std::span<const std::int64_t> sizes, const std::string& operation) try {
  return Shape(sizes);
} catch (const Error& error) {
  throw Error(operation, error.expected(), error.got());
}

float half_to_float(std::uint16_t half) noexcept {
  const std::uint32_t sign = std::uint32_t{half} >> 15 << 31;
  const std::uint32_t exponent = half >> 10 & 31, fraction = half & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent == 0) {  // zero and denormals: fraction * 2^-24
    const float size = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -size : size;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

}  // namespace burin

#include "engine/tensor/shape.h"

#include <algorithm>

#include "engine/error.h"

namespace burin {

Shape::Shape(std::initializer_list<std::int64_t> sizes)
    : Shape(std::span<const std::int64_t>(sizes.begin(), sizes.size())) {}

Shape::Shape(std::span<const std::int64_t> sizes) {
  if (sizes.size() > static_cast<std::size_t>(max_rank))
    throw Error("shape", "at most 6 dimensions", std::to_string(sizes.size()));
  std::int64_t count = 1;
  bool overflow = false, empty = false;
  for (const std::int64_t size : sizes) {
    if (size < 0) throw Error("shape", "sizes of 0 or more", std::to_string(size));
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(count, std::max<std::int64_t>(size, 1), &count);
    sizes_[static_cast<std::size_t>(rank_++)] = size;
  }
  // A quarter of the range, so that sizes in bytes and strides with gaps fit as well.
  if (overflow || (!empty && count > (std::int64_t{1} << 58)))
    throw Error("shape", "at most 2^58 elements", text());
}

std::int64_t Shape::elements() const noexcept {
  std::int64_t count = 1;
  for (const std::int64_t size : sizes()) count *= size;
  return count;
}

std::int64_t Shape::spatial() const noexcept {
  std::int64_t count = 1;
  for (int axis = 2; axis < rank_; ++axis) count *= (*this)[axis];
  return count;
}

Shape Shape::with(int axis, std::int64_t size) const {
  if (axis < 0 || axis >= rank_)
    throw Error("shape", "an axis below " + std::to_string(rank_), std::to_string(axis));
  std::array<std::int64_t, max_rank> sizes = sizes_;
  sizes[static_cast<std::size_t>(axis)] = size;
  return Shape(std::span<const std::int64_t>(sizes.data(), static_cast<std::size_t>(rank_)));
}

std::string Shape::text() const {
  if (rank_ == 0) return "scalar";
  std::string out;
  for (int axis = 0; axis < rank_; ++axis) {
    if (axis > 0) out += 'x';
    out += std::to_string((*this)[axis]);
  }
  return out;
}

bool operator==(const Shape& a, const Shape& b) noexcept {
  return std::ranges::equal(a.sizes(), b.sizes());
}

}  // namespace burin

// Logical sizes, always N,C,[D],[H],[W]; up to six dimensions, no heap.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace burin {

class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;  // rank 0: a scalar
  // Throws Error for more than max_rank or negative sizes, or when the element count overflows.
  Shape(std::initializer_list<std::int64_t> sizes);
  explicit Shape(std::span<const std::int64_t> sizes);

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] std::int64_t operator[](int axis) const noexcept {
    return sizes_[static_cast<std::size_t>(axis)];
  }
  [[nodiscard]] std::int64_t elements() const noexcept;  // 1 for a scalar
  [[nodiscard]] std::int64_t batch() const noexcept { return rank_ > 0 ? sizes_[0] : 1; }
  [[nodiscard]] std::int64_t channels() const noexcept { return rank_ > 1 ? sizes_[1] : 1; }
  [[nodiscard]] std::int64_t spatial() const noexcept;  // product of the axes from 2 on
  [[nodiscard]] Shape with(int axis, std::int64_t size) const;
  [[nodiscard]] std::span<const std::int64_t> sizes() const noexcept {
    return {sizes_.data(), static_cast<std::size_t>(rank_)};
  }
  [[nodiscard]] std::string text() const;  // "1x3x48x48"; "scalar" for rank 0

  friend bool operator==(const Shape& a, const Shape& b) noexcept;

 private:
  std::array<std::int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

}  // namespace burin

// Loops over tensors of any strides and types, for what no kernel serves.
#pragma once

#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "engine/ops/grain.h"
#include "engine/runtime/workers.h"
#include "engine/tensor/tensor.h"

namespace burin {

// Elements from one index of each axis to the next.
using Steps = std::array<std::int64_t, Shape::max_rank>;

// Of `t` along the axes of `shape`, which it is repeated to: aligned at the last axis, 0 where it
// repeats itself.
[[nodiscard]] Steps steps_of(const Tensor& t, const Shape& shape);

// The axes of a shape, those with the longest steps first.
[[nodiscard]] std::array<int, Shape::max_rank> walk_order(const Shape& shape, const Steps& steps);

// A walk over the indices of a shape that is not empty, by N operands at once: where each of them
// stands.
template <std::size_t N>
class Odometer {
 public:
  // Axes order[0 .. axes) of the shape, the last one fastest; starts at position `at`.
  Odometer(const Shape& shape, const std::array<int, Shape::max_rank>& order, int axes,
           const std::array<Steps, N>& steps, std::int64_t at = 0)
      : axes_(axes) {
    for (int i = axes - 1; i >= 0; --i) {
      const auto n = static_cast<std::size_t>(i), axis = static_cast<std::size_t>(order[n]);
      size_[n] = shape[order[n]];
      index_[n] = at % size_[n];
      at /= size_[n];
      for (std::size_t k = 0; k < N; ++k) {
        step_[k][n] = steps[k][axis];
        offset_[k] += index_[n] * step_[k][n];
      }
    }
  }
  [[nodiscard]] const std::array<std::int64_t, N>& offset() const noexcept { return offset_; }
  void advance() noexcept {
    for (int i = axes_ - 1; i >= 0; --i) {
      const auto n = static_cast<std::size_t>(i);
      const bool turns = ++index_[n] == size_[n];
      for (std::size_t k = 0; k < N; ++k)
        offset_[k] += turns ? -(size_[n] - 1) * step_[k][n] : step_[k][n];
      if (!turns) return;
      index_[n] = 0;
    }
  }

 private:
  int axes_;
  Steps size_{}, index_{};
  std::array<Steps, N> step_{};
  std::array<std::int64_t, N> offset_{};
};

// f(offsets, count, step of each operand) over rows along the axis in which the first operand lies
// closest, in parallel.
template <std::size_t N, class F>
void walk_rows(const Shape& shape, const std::array<Steps, N>& steps, const F& f) {
  if (shape.elements() == 0) return;
  const int rank = shape.rank();
  const auto order = walk_order(shape, steps[0]);
  const int inner = rank > 0 ? order[static_cast<std::size_t>(rank - 1)] : 0;
  const std::int64_t count = rank > 0 ? shape[inner] : 1;
  std::array<std::int64_t, N> step{};
  for (std::size_t k = 0; k < N; ++k) step[k] = steps[k][static_cast<std::size_t>(inner)];
  runtime::parallel_for(shape.elements() / count, rows_grain(count),
                        [&](std::int64_t first, std::int64_t last, int) {
                          Odometer<N> at(shape, order, rank - 1, steps, first);
                          for (std::int64_t row = first; row < last; ++row, at.advance())
                            f(at.offset(), count, step);
                        });
}

// y = f(x...), number by number; inputs are repeated up to y's shape. Y and X are element types.
template <class Y, class... X, class F>
void map_numbers(const Tensor& y, const std::array<Tensor, sizeof...(X)>& inputs, const F& f) {
  constexpr std::size_t n = sizeof...(X) + 1;
  std::array<Steps, n> steps{steps_of(y, y.shape())};
  for (std::size_t i = 1; i < n; ++i) steps[i] = steps_of(inputs[i - 1], y.shape());
  Y* const out = y.data<Y>();
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    walk_rows(y.shape(), steps,
              [&, in = std::make_tuple(inputs[I].template data<X>()...)](
                  const auto& offset, std::int64_t count, const auto& step) {
                for (std::int64_t i = 0; i < count; ++i)
                  out[offset[0] + i * step[0]] =
                      f(std::get<I>(in)[offset[I + 1] + i * step[I + 1]]...);
              });
  }
  (std::make_index_sequence<sizeof...(X)>());
}

}  // namespace burin

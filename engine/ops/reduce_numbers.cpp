#include "engine/ops/reduce_numbers.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"

namespace burin {
namespace {

template <class T>
struct Sum {
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
  Wide total = 0;
  void take(T x) noexcept { total += static_cast<Wide>(x); }
  [[nodiscard]] T result(std::int64_t) const noexcept { return static_cast<T>(total); }
};

template <class T>
struct Mean : Sum<T> {
  [[nodiscard]] T result(std::int64_t count) const noexcept {
    if constexpr (std::is_floating_point_v<T>)
      return static_cast<T>(this->total / static_cast<double>(count));
    else
      return count == 0 ? T(0) : static_cast<T>(static_cast<std::int64_t>(this->total) / count);
  }
};

template <class T>
struct Product {
  using Wide = typename Sum<T>::Wide;
  Wide total = 1;
  void take(T x) noexcept { total *= static_cast<Wide>(x); }
  [[nodiscard]] T result(std::int64_t) const noexcept { return static_cast<T>(total); }
};

// The greatest or the least; a NaN wins.
template <class T, bool Greatest>
struct Extreme {
  using Limits = std::numeric_limits<T>;
  static constexpr bool real = std::is_floating_point_v<T>;
  T value = Greatest ? (real ? -Limits::infinity() : Limits::lowest())
                     : (real ? Limits::infinity() : Limits::max());
  void take(T x) noexcept {
    if (Greatest ? x > value : x < value) value = x;
    if constexpr (real)
      if (std::isnan(x)) value = x;
  }
  [[nodiscard]] T result(std::int64_t) const noexcept { return value; }
};

template <class T, class Accumulator>
void run(const Tensor& x, unsigned axes, const Tensor& y) {
  const T* const in = x.data<T>();
  T* const out = y.data<T>();
  each_part(x, axes, y, [&](std::int64_t to, std::int64_t from, const Shape& inner) {
    Accumulator accumulator;
    each_of_part(x, from, inner, [&](std::int64_t at) { accumulator.take(in[at]); });
    out[to] = accumulator.result(inner.elements());
  });
}

}  // namespace

unsigned axis_bits(std::string_view op, const Shape& shape, std::span<const int> axes) {
  if (axes.empty()) return (1u << shape.rank()) - 1;
  unsigned bits = 0;
  for (const int axis : axes) bits |= 1u << axis_of(op, shape, axis);
  return bits;
}

Shape reduced_shape(const Shape& shape, unsigned axes, bool keep) {
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (((axes >> axis) & 1u) == 0)
      sizes.push_back(shape[axis]);
    else if (keep)
      sizes.push_back(1);
  }
  return Shape(sizes);
}

void reduce_numbers(Reduction function, const Tensor& x, unsigned axes, const Tensor& y) {
  for_type("reduce", x.dtype(), Numbers{}, [&](auto zero) {
    using T = decltype(zero);
    switch (function) {
      case Reduction::sum:
        return run<T, Sum<T>>(x, axes, y);
      case Reduction::mean:
        return run<T, Mean<T>>(x, axes, y);
      case Reduction::maximum:
        return run<T, Extreme<T, true>>(x, axes, y);
      case Reduction::minimum:
        return run<T, Extreme<T, false>>(x, axes, y);
      case Reduction::product:
        return run<T, Product<T>>(x, axes, y);
    }
  });
}

}  // namespace burin

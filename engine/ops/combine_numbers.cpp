// Functions of two numbers of any type: the plain loop behind combine().
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>

#include "engine/ops/broadcast.h"
#include "engine/ops/element_types.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

// Whole numbers are added and multiplied as unsigned ones, which wrap around.
template <class T>
using Word = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

template <class T, class F>
T as_words(T a, T b, F f) {
  return static_cast<T>(f(static_cast<Word<T>>(a), static_cast<Word<T>>(b)));
}

// 0 where b is 0; the lowest number divided by -1 wraps around to itself.
template <class T>
T divided(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>)
    if (b == T(-1)) return as_words(T(0), a, std::minus());
  return static_cast<T>(a / b);
}

template <class T>
T rest(T a, T b) {
  return as_words(a, as_words(divided(a, b), b, std::multiplies()), std::minus());
}

template <class T>
T power(T base, T exponent) {
  if constexpr (std::is_signed_v<T>)
    if (exponent < 0)
      return base == 1 ? T(1) : (base == T(-1) ? (exponent % 2 ? base : T(1)) : T(0));
  T result = 1;
  for (; exponent != 0; exponent = static_cast<T>(exponent / 2)) {
    if (exponent % 2 != 0) result = as_words(result, base, std::multiplies());
    base = as_words(base, base, std::multiplies());
  }
  return result;
}

// By as many bits as there are, or by a negative number: all of them go. To the right the sign stays.
template <class T>
T shifted(T a, T b, bool left) {
  using Unsigned = std::make_unsigned_t<T>;
  const bool all = b < 0 || static_cast<Unsigned>(b) >= std::numeric_limits<Unsigned>::digits;
  if (left) return all ? T(0) : static_cast<T>(static_cast<Unsigned>(Word<T>(Unsigned(a)) << b));
  return all ? static_cast<T>(a < 0 ? -1 : 0) : static_cast<T>(a >> b);
}

template <class T, class F>
void whole_numbers(Binary function, const F& run) {
  switch (function) {
    case Binary::add:
      return run([](T a, T b) { return as_words(a, b, std::plus()); });
    case Binary::subtract:
      return run([](T a, T b) { return as_words(a, b, std::minus()); });
    case Binary::multiply:
      return run([](T a, T b) { return as_words(a, b, std::multiplies()); });
    case Binary::divide:
      return run(divided<T>);
    case Binary::maximum:
      return run([](T a, T b) { return a > b ? a : b; });
    case Binary::minimum:
      return run([](T a, T b) { return a < b ? a : b; });
    case Binary::prelu:
      return run([](T a, T b) { return a > 0 ? a : as_words(a, b, std::multiplies()); });
    case Binary::power:
      return run(power<T>);
    case Binary::modulo:
      return run([](T a, T b) {
        const T r = rest(a, b);
        return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
      });
    case Binary::remainder:
      return run(rest<T>);
    case Binary::shift_left:
      return run([](T a, T b) { return shifted(a, b, true); });
    case Binary::shift_right:
      return run([](T a, T b) { return shifted(a, b, false); });
  }
}

template <class T, class F>
void reals(Binary function, const F& run) {
  switch (function) {
    case Binary::add:
      return run([](T a, T b) { return a + b; });
    case Binary::subtract:
      return run([](T a, T b) { return a - b; });
    case Binary::multiply:
      return run([](T a, T b) { return a * b; });
    case Binary::divide:
      return run([](T a, T b) { return a / b; });
    case Binary::maximum:
      return run([](T a, T b) { return a > b || std::isnan(a) ? a : b; });
    case Binary::minimum:
      return run([](T a, T b) { return a < b || std::isnan(a) ? a : b; });
    case Binary::prelu:
      return run([](T a, T b) { return a > 0 ? a : a * b; });
    case Binary::power:
      return run([](T a, T b) { return std::pow(a, b); });
    case Binary::modulo:
      return run([](T a, T b) {
        const T r = std::fmod(a, b);
        return r != 0 && (r < 0) != (b < 0) ? r + b : r;
      });
    case Binary::remainder:
      return run([](T a, T b) { return std::fmod(a, b); });
    case Binary::shift_left:
    case Binary::shift_right:
      throw Error(std::string(name_of(function)), "whole numbers",
                  dtype_of<T> == DType::f32 ? "f32" : "f64");
  }
}

}  // namespace

void combine_numbers(Binary function, const Tensor& a, const Tensor& b, const Tensor& y) {
  for_type(name_of(function), y.dtype(), Numbers{}, [&](auto zero) {
    using T = decltype(zero);
    const auto run = [&](auto f) { map_numbers<T, T, T>(y, {a, b}, f); };
    if constexpr (std::is_floating_point_v<T>)
      reals<T>(function, run);
    else
      whole_numbers<T>(function, run);
  });
}

}  // namespace burin

// Runs a generic function for the element type of a tensor.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/tensor/dtype.h"

namespace burin {

template <class... T>
struct Types {};
using Reals = Types<float, double>;
using Integers = Types<std::uint8_t, std::int8_t, std::int32_t, std::int64_t>;
using Indices = Types<std::int32_t, std::int64_t>;
using Numbers = Types<float, double, std::uint8_t, std::int8_t, std::int32_t, std::int64_t>;
using NumbersAndBool =
    Types<float, double, std::uint8_t, std::int8_t, std::int32_t, std::int64_t, bool>;

// `type` itself. Throws Error{op, ...} when the list has no such type.
template <class... T>
DType require_type(std::string_view op, DType type, Types<T...>) {
  const bool listed = (... || (type == dtype_of<T>));
  if (listed) return type;
  std::string names;
  ((names += (names.empty() ? "" : ", ") + std::string(dtype_name(dtype_of<T>))), ...);
  throw Error(std::string(op), "numbers of type " + names, std::string(dtype_name(type)));
}

// f(T{}) for the T of `type`. Throws Error{op, ...} when the list has no such type.
template <class... T, class F>
void for_type(std::string_view op, DType type, Types<T...> types, const F& f) {
  static_cast<void>(require_type(op, type, types));
  static_cast<void>(((type == dtype_of<T> && (f(T{}), true)) || ...));
}

}  // namespace burin

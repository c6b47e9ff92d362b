// Loops over registers. They must be gone before the compiler decides what is a register, which
// neither GCC 12 nor clang 14 promises for a `for` of 14 x 2 steps.
#pragma once

#include <type_traits>
#include <utility>

namespace burin::kernels {
namespace {

template <class F, int... I>
[[gnu::always_inline]] inline void unroll_each(const F& f,
                                               std::integer_sequence<int, I...>) noexcept {
  (f(std::integral_constant<int, I>()), ...);
}

// f(0), ..., f(N - 1), each with its number as a constant. Mark f always_inline.
template <int N, class F>
[[gnu::always_inline]] inline void unroll(const F& f) noexcept {
  unroll_each(f, std::make_integer_sequence<int, N>());
}

}  // namespace
}  // namespace burin::kernels

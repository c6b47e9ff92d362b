// Whole-number arithmetic of cutting work, for files built per instruction set: internal linkage,
// no standard library.
#pragma once

#include <cstdint>

namespace burin::kernels {
namespace {

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept {
  return (a + b - 1) / b;
}
[[nodiscard]] constexpr std::int64_t at_least(std::int64_t a, std::int64_t b) noexcept {
  return a > b ? a : b;
}
[[nodiscard]] constexpr std::int64_t at_most(std::int64_t a, std::int64_t b) noexcept {
  return a < b ? a : b;
}
// First of part i when n is cut into `parts` whose sizes differ by at most one.
[[nodiscard]] constexpr std::int64_t part_first(std::int64_t n, std::int64_t parts,
                                                std::int64_t i) noexcept {
  return n / parts * i + at_most(i, n % parts);
}

}  // namespace
}  // namespace burin::kernels

// How tests compare numbers. Its own test (tests/kernels/test_support.cpp) shows that a wrong
// result fails.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace burin::test {

// |got - want| / |want| in the L2 norm; infinite when sizes differ, a number is not finite, or
// `want` is all zero and `got` is not.
template <class T, class U>
double relative_l2(std::span<const T> got, std::span<const U> want) {
  const double infinite = std::numeric_limits<double>::infinity();
  if (got.size() != want.size()) return infinite;
  double error = 0, size = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double g = static_cast<double>(got[i]), w = static_cast<double>(want[i]);
    if (!std::isfinite(g) || !std::isfinite(w)) return infinite;
    error += (g - w) * (g - w);
    size += w * w;
  }
  if (size == 0) return error == 0 ? 0 : infinite;
  return std::sqrt(error / size);
}

// Infinite when sizes differ or a difference is not a number.
template <class T, class U>
double largest_difference(std::span<const T> got, std::span<const U> want) {
  if (got.size() != want.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double d = std::abs(static_cast<double>(got[i]) - static_cast<double>(want[i]));
    if (std::isnan(d)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, d);
  }
  return largest;
}

// 0 and -0 differ, a NaN is itself.
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// True when most numbers are zero: such a comparison proves little and its case should be changed.
template <class T>
bool mostly_zero(std::span<const T> numbers) {
  std::size_t zeros = 0;
  for (const T v : numbers) zeros += v == T{0};
  return zeros * 10 > numbers.size() * 9 && numbers.size() > 10;
}

}  // namespace burin::test

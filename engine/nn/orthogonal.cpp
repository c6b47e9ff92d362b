#include "engine/nn/orthogonal.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/runtime/workers.h"

namespace burin {
namespace {

constexpr std::size_t lanes = 8;  // partial sums, so that the compiler may vectorize

double dot(std::span<const double> a, std::span<const double> b) {
  double part[lanes] = {}, sum = 0;
  const std::size_t whole = a.size() / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) part[lane] += a[i + lane] * b[i + lane];
  for (const double p : part) sum += p;
  for (std::size_t i = whole; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// `count` vectors one after another.
struct Vectors {
  std::vector<double> numbers;
  std::size_t count, length;
  std::span<double> operator[](std::size_t i) { return {&numbers[i * length], length}; }
};

// Takes from v[i] what lies along the unit vectors v[first] to v[last - 1], one after another.
void subtract_shares(Vectors& v, std::size_t i, std::size_t first, std::size_t last) {
  const std::span<double> other = v[i];
  for (std::size_t j = first; j < last; ++j) {
    const std::span<double> unit = v[j];
    const double share = dot(unit, other);
    for (std::size_t k = 0; k < v.length; ++k) other[k] -= share * unit[k];
  }
}

// By panels: few meetings of the threads, and a panel of units stays in cache.
void orthonormalize(Vectors& v) {
  constexpr std::size_t panel = 32;
  for (std::size_t first = 0; first < v.count; first += panel) {
    const std::size_t last = std::min(first + panel, v.count);
    for (std::size_t i = first; i < last; ++i) {
      subtract_shares(v, i, first, i);
      const double factor = 1 / std::sqrt(dot(v[i], v[i]));
      for (double& number : v[i]) number *= factor;
    }
    runtime::parallel_for(static_cast<std::int64_t>(v.count - last), 4,
                          [&](std::int64_t from, std::int64_t to, int) {
                            for (std::int64_t r = from; r < to; ++r)
                              subtract_shares(v, last + static_cast<std::size_t>(r), first, last);
                          });
  }
}

}  // namespace

void make_orthogonal(std::span<float> matrix, std::int64_t rows) {
  const auto m = static_cast<std::size_t>(rows), n = matrix.size() / m;
  const bool by_rows = m <= n;
  Vectors v{std::vector<double>(matrix.size()), std::min(m, n), std::max(m, n)};
  const auto place = [&](std::size_t i) { return by_rows ? i : i % n * m + i / n; };
  for (std::size_t i = 0; i < matrix.size(); ++i)
    v.numbers[place(i)] = static_cast<double>(matrix[i]);
  orthonormalize(v);
  for (std::size_t i = 0; i < matrix.size(); ++i)
    matrix[i] = static_cast<float>(v.numbers[place(i)]);
}

}  // namespace burin

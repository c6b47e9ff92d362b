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

void orthonormalize(Vectors& v) {
  for (std::size_t i = 0; i < v.count; ++i) {
    const std::span<double> unit = v[i];
    const double factor = 1 / std::sqrt(dot(unit, unit));
    for (double& number : unit) number *= factor;
    const auto rest = static_cast<std::int64_t>(v.count - i - 1);
    runtime::parallel_for(rest, 16, [&](std::int64_t first, std::int64_t last, int) {
      for (std::int64_t r = first; r < last; ++r) {
        const std::span<double> other = v[i + 1 + static_cast<std::size_t>(r)];
        const double share = dot(unit, other);
        for (std::size_t k = 0; k < v.length; ++k) other[k] -= share * unit[k];
      }
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

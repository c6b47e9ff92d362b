// How the microbenchmarks measure: wall time, medians of interleaved rounds.
//
// Guests share their cores: one timing may be off by 2x, while the ratio of two programs that take
// turns stays within a few per cent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "engine/runtime/stopwatch.h"

namespace burin::perf {

// Seconds that f() takes.
template <class F>
[[nodiscard]] double seconds(F&& f) {
  const runtime::Stopwatch watch;
  f();
  return watch.seconds();
}

// Upper median; 0 for no numbers.
[[nodiscard]] inline double median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

// Runs the candidates by turns, `rounds` times after one turn that is not counted; returns the
// median seconds of each.
[[nodiscard]] inline std::vector<double> interleave(
    const std::vector<std::function<void()>>& candidates, int rounds) {
  std::vector<std::vector<double>> times(candidates.size());
  for (int round = -1; round < rounds; ++round)
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double t = seconds(candidates[i]);
      if (round >= 0) times[i].push_back(t);
    }
  std::vector<double> medians;
  for (auto& t : times) medians.push_back(median(std::move(t)));
  return medians;
}

// Enough rounds for about `budget` seconds when one turn takes `turn` seconds; 5 to 101.
[[nodiscard]] inline int rounds_for(double turn, double budget) {
  return std::clamp(static_cast<int>(budget / std::max(turn, 1e-6)), 5, 101);
}

}  // namespace burin::perf

#include "engine/ops/tuned_kernels.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <vector>

namespace burin {
namespace {

constexpr int least_rounds = 3, most_rounds = 15;
constexpr double enough_seconds = 0.05;  // of timing one shape, once the least rounds are over

// Index of the entry of the shortest time.
std::size_t race(std::size_t count, const std::function<double(std::size_t)>& seconds,
                 double& best) {
  std::vector<double> shortest(count);
  // The first run of each touches its memory and counts for nothing but leaving the slow ones out.
  for (std::size_t i = 0; i < count; ++i) {
    (void)seconds(i);
    shortest[i] = seconds(i);
  }
  const double limit = 2 * *std::min_element(shortest.begin(), shortest.end());
  double spent = 0;
  for (int round = 0; round < most_rounds; ++round) {
    if (round >= least_rounds && spent > enough_seconds) break;
    for (std::size_t i = 0; i < count; ++i) {
      if (shortest[i] > limit) continue;
      const double time = seconds(i);
      spent += time;
      shortest[i] = std::min(shortest[i], time);
    }
  }
  const auto winner = std::min_element(shortest.begin(), shortest.end());
  best = *winner;
  return static_cast<std::size_t>(winner - shortest.begin());
}

}  // namespace

TunedKernels::TunedKernels(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t first = line.find('\t'), second = line.rfind('\t');
    if (first == second) continue;
    const std::string_view number = line.substr(second + 1);
    double milliseconds = 0;
    const char* const end = number.data() + number.size();
    const auto [rest, error] = std::from_chars(number.data(), end, milliseconds);
    if (error != std::errc() || rest != end || !(milliseconds >= 0)) continue;
    kernels_[std::string(line.substr(0, first))] = {
        std::string(line.substr(first + 1, second - first - 1)), milliseconds};
  }
}

std::string TunedKernels::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [key, tuned] : kernels_) {
    char number[32];
    std::snprintf(number, sizeof number, "%.4f", tuned.milliseconds);
    out += key + '\t' + tuned.kernel + '\t' + number + '\n';
  }
  return out;
}

void TunedKernels::add(const TunedKernels& other) {
  if (&other == this) return;
  const std::scoped_lock lock(mutex_, other.mutex_);
  kernels_.insert(other.kernels_.begin(), other.kernels_.end());
}

TunedKernel TunedKernels::fastest(const std::string& key, std::span<const char* const> names,
                                  const std::function<double(std::size_t)>& seconds) {
  const std::lock_guard lock(mutex_);
  const auto known = kernels_.find(key);
  if (known != kernels_.end() &&
      std::find(names.begin(), names.end(), known->second.kernel) != names.end())
    return known->second;
  double best = 0;
  const std::size_t winner = race(names.size(), seconds, best);
  ++timed_;
  return kernels_[key] = {names[winner], best * 1e3};
}

int TunedKernels::timed() const {
  const std::lock_guard lock(mutex_);
  return timed_;
}

}  // namespace burin

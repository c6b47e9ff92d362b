// The choice of a program: one entry, and how all the others of its table ranked.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/ops/plan_cache.h"
#include "engine/ops/step.h"
#include "engine/ops/tuned_kernels.h"

namespace burin {

template <class Entry>
struct Choice {
  const Entry* entry = nullptr;
  std::vector<Candidate> ranking{};
  std::vector<const Entry*> serving{};  // those of the ranking that were not refused, in its order
  bool requested = false;               // by its name
};

// The cheapest of those that `name` asks for, or of all where it is empty or none of them can serve; null
// where none can at all.
template <class Entry, class Shape>
const Entry* requested_or_cheapest(std::span<const Entry* const> entries, const Shape& shape,
                                   std::string_view name, const Wanted& wanted) {
  const auto cheapest = [&](std::string_view of) {
    return kernels::choose<Shape>(entries, shape, of, wanted.activation, wanted.precision);
  };
  const Entry* const entry = name.empty() ? nullptr : cheapest(name);
  return entry != nullptr ? entry : cheapest({});
}

// BURIN_KERNEL is honoured where an entry of that name can serve.
[[nodiscard]] Choice<kernels::ConvKernel> choose_conv(ConvPass pass,
                                                      const kernels::ConvShape& shape,
                                                      const Wanted& wanted);
[[nodiscard]] Choice<kernels::MatmulKernel> choose_matmul(const kernels::MatmulShape& shape,
                                                          const Wanted& wanted);
// Estimated cost of the cheapest that can, in f32 multiply-adds at full speed; infinite: none can.
[[nodiscard]] double least_cost(ConvPass pass, const kernels::ConvShape& shape,
                                const Wanted& wanted);
[[nodiscard]] double least_cost(const kernels::MatmulShape& shape, const Wanted& wanted);

// Takes the fastest of those that can serve, unless BURIN_KERNEL asked for one: as `tuned` remembers
// it for `key`, or by timing those that do not cost over four times the least; `seconds` runs an entry
// once. What is remembered holds for these entries alone.
template <class Entry>
void take_fastest(Choice<Entry>& choice, TunedKernels& tuned, const std::string& key,
                  const std::function<double(const Entry&)>& seconds) {
  constexpr double most_cost = 4;
  if (choice.requested || choice.serving.empty()) return;
  std::vector<const char*> names;
  for (std::size_t i = 0; i < choice.serving.size(); ++i)
    if (choice.ranking[i].cost <= most_cost * choice.ranking[0].cost)
      names.push_back(choice.serving[i]->name);
  const TunedKernel fastest =
      tuned.fastest(key, names, [&](std::size_t i) { return seconds(*choice.serving[i]); });
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == fastest.kernel) {
      choice.entry = choice.serving[i];
      choice.ranking[i].milliseconds = fastest.milliseconds;
    }
}

}  // namespace burin

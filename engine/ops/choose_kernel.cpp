#include "engine/ops/choose_kernel.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "engine/error.h"
#include "kernels/request.h"

namespace burin {
namespace {

// Why an entry cannot serve, whatever the shape, or null.
template <class Entry>
const char* mismatch(const Entry& entry, const Wanted& wanted) {
  if (!kernels::usable(entry.isa)) return "not of this CPU, or above BURIN_MAX_ISA";
  if (!kernels::applies(entry, wanted.activation)) return "the activation is not in its epilogue";
  if (!kernels::holds(entry.flags, wanted.precision)) return "another precision is asked for";
  if (!wanted.entry.empty() && entry.name != wanted.entry) return "another entry is asked for";
  return nullptr;
}

// Why an entry that was not chosen cannot serve, or null. What the shape has to do with it comes
// last: it may take long to find out.
template <class Entry, class Shape>
const char* refusal(const Entry& entry, const Shape& shape, const Wanted& wanted,
                    double chosen_cost) {
  if (const char* reason = mismatch(entry, wanted)) return reason;
  if ((entry.flags & kernels::kernel_on_request) != 0) return "serves on request only";
  if ((entry.flags & kernels::kernel_asked_last) != 0 && !wanted.timed &&
      entry.cost(shape) >= chosen_cost)
    return "not asked: it would not cost less than the chosen one";
  return entry.refuse(shape);
}

template <class Entry, class Shape>
Choice<Entry> choose(std::string_view family, std::span<const Entry* const> entries,
                     const Shape& shape, const Wanted& wanted) {
  const std::string_view request = kernels::requested_kernel(family);
  Choice<Entry> out;
  for (const Entry* entry : entries)
    if (entry->name == wanted.entry && mismatch(*entry, wanted) == nullptr &&
        entry->refuse(shape) == nullptr)
      out.entry = entry;
  out.requested = out.entry != nullptr;
  if (!out.requested) {
    out.entry = requested_or_cheapest<Entry>(entries, shape, request, wanted);
    out.requested = out.entry != nullptr && kernels::is_named(out.entry->name, request);
  }
  if (out.entry == nullptr)
    throw Error(std::string(family), "a kernel for this shape, type and precision", "none");
  std::vector<std::pair<Candidate, const Entry*>> ranked;
  const double chosen_cost = out.entry->cost(shape);
  for (const Entry* entry : entries) {
    Candidate candidate{.kernel = entry->name};
    const char* const reason =
        entry == out.entry ? nullptr : refusal(*entry, shape, wanted, chosen_cost);
    if (reason != nullptr)
      candidate.refused = reason;
    else
      candidate.cost = entry->cost(shape);
    ranked.emplace_back(std::move(candidate), entry);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    if (a.first.refused.empty() != b.first.refused.empty()) return a.first.refused.empty();
    return a.first.cost < b.first.cost;
  });
  for (auto& [candidate, entry] : ranked) {
    if (candidate.refused.empty()) out.serving.push_back(entry);
    out.ranking.push_back(std::move(candidate));
  }
  return out;
}

template <class Entry, class Shape>
double least(std::span<const Entry* const> entries, const Shape& shape, const Wanted& wanted) {
  const Entry* const entry =
      kernels::choose<Shape>(entries, shape, wanted.entry, wanted.activation, wanted.precision);
  return entry == nullptr ? std::numeric_limits<double>::infinity() : entry->cost(shape);
}

std::span<const kernels::ConvKernel* const> entries_of(ConvPass pass) {
  return pass == ConvPass::forward ? kernels::conv_forward_kernels() : kernels::conv_data_kernels();
}

}  // namespace

Choice<kernels::ConvKernel> choose_conv(ConvPass pass, const kernels::ConvShape& shape,
                                        const Wanted& wanted) {
  return choose<kernels::ConvKernel>("conv", entries_of(pass), shape, wanted);
}

double least_cost(ConvPass pass, const kernels::ConvShape& shape, const Wanted& wanted) {
  return least(entries_of(pass), shape, wanted);
}
double least_cost(const kernels::MatmulShape& shape, const Wanted& wanted) {
  return least(kernels::matmul_kernels(), shape, wanted);
}

Choice<kernels::MatmulKernel> choose_matmul(const kernels::MatmulShape& shape,
                                            const Wanted& wanted) {
  return choose<kernels::MatmulKernel>("matmul", kernels::matmul_kernels(), shape, wanted);
}

}  // namespace burin

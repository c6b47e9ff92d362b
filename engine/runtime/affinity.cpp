#include "engine/runtime/affinity.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>

#include "engine/error.h"

namespace burin::runtime {
namespace {

constexpr std::array<std::string_view, 4> words{"none", "compact", "spread", "cores"};

// Processors with their place among the hyper-threads of their core (0 first).
struct Placed {
  Processor processor;
  int thread = 0;
};

std::vector<Placed> placed(const Topology& topology) {
  std::vector<Processor> sorted = topology.processors;
  std::sort(sorted.begin(), sorted.end(), [](const Processor& a, const Processor& b) {
    return std::tie(a.package, a.cluster, a.core, a.id) <
           std::tie(b.package, b.cluster, b.core, b.id);
  });
  std::map<std::pair<int, int>, int> seen;  // (package, core) -> hyper-threads so far
  std::vector<Placed> out;
  for (const Processor& p : sorted) out.push_back({p, seen[{p.package, p.core}]++});
  return out;
}

// First hyper-threads of all cores, then the second ones, each in the order of clusters.
void order_by_core(std::vector<Placed>& list) {
  std::stable_sort(list.begin(), list.end(),
                   [](const Placed& a, const Placed& b) { return a.thread < b.thread; });
}

// One processor of every cluster in turn; inside a cluster first hyper-threads first.
std::vector<Placed> round_robin(std::vector<Placed> list) {
  order_by_core(list);
  std::map<std::pair<int, int>, std::vector<Placed>> clusters;
  for (const Placed& p : list) clusters[{p.processor.package, p.processor.cluster}].push_back(p);
  std::vector<Placed> out;
  for (std::size_t round = 0; out.size() < list.size(); ++round)
    for (const auto& [key, members] : clusters)
      if (round < members.size()) out.push_back(members[round]);
  return out;
}

}  // namespace

std::string_view bind_name(Bind bind) noexcept { return words[static_cast<std::size_t>(bind)]; }

Bind bind_from(std::string_view word) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == word) return static_cast<Bind>(i);
  throw Error("bind", "none, compact, spread or cores", std::string(word));
}

std::vector<int> processors(Bind bind, const Topology& topology, int threads) {
  if (bind == Bind::none || threads <= 0 || topology.processors.empty()) return {};
  std::vector<Placed> order = placed(topology);
  if (bind == Bind::cores) order_by_core(order);
  if (bind == Bind::spread) order = round_robin(std::move(order));
  std::vector<int> out(static_cast<std::size_t>(threads));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = order[i % order.size()].processor.id;
  return out;
}

}  // namespace burin::runtime

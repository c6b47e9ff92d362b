#include "engine/graph/band_choice.h"

#include <algorithm>

#include "engine/error.h"

namespace burin {
namespace {

// Tried in this order where memory is short: high bands cost the least time.
constexpr std::int64_t heights[] = {512, 256, 128, 64, 32, 16, 8};

ValuePlan plan_with(const Graph& graph, const std::vector<Place>& places,
                    std::vector<Region> regions, bool overlap = true) {
  ValuePlan out{.regions = std::move(regions), .blocks = {}, .memory = {}};
  out.blocks = blocks_of(graph, places, out.regions);
  out.memory = plan_memory(out.blocks.blocks, overlap);
  return out;
}

// `found` in bands of at most `rows`, but for those of which a kernel refuses a part.
std::vector<Region> cut_all(std::vector<Region> found, std::int64_t rows, const Graph& graph,
                            const std::vector<Place>& places, kernels::Precision precision) {
  std::erase_if(found, [&](Region& r) { return !cut(r, rows, graph, places, precision); });
  return found;
}

// Without the regions that do not make the plan smaller: what they read and what they make lives
// together.
ValuePlan smallest(const Graph& graph, const std::vector<Place>& places,
                   std::vector<Region> regions) {
  ValuePlan best = plan_with(graph, places, std::move(regions));
  for (std::size_t i = best.regions.size(); i-- > 0;) {
    std::vector<Region> fewer = best.regions;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    ValuePlan plan = plan_with(graph, places, std::move(fewer));
    if (plan.memory.bytes <= best.memory.bytes) best = std::move(plan);
  }
  return best;
}

ValuePlan plan_within(ValuePlan whole, const Graph& graph, const std::vector<Place>& places,
                      const BandRequest& request) {
  const KernelBytes kernels = kernel_bytes(graph, request.precision);
  const std::size_t other = kernels.packed + kernels.shared;
  std::size_t least = whole.memory.bytes + other;
  if (least <= request.max_memory) return whole;
  if (request.rows == bands_by_choice && !request.keep_values) {
    const std::vector<Region> found = find_regions(graph, places, request.precision);
    for (const std::int64_t rows : heights) {
      ValuePlan banded =
          smallest(graph, places, cut_all(found, rows, graph, places, request.precision));
      const std::size_t bytes = banded.memory.bytes + other;
      if (bytes <= request.max_memory) return banded;
      least = std::min(least, bytes);
    }
  }
  throw Error("--max-memory", memory_needed(least), std::to_string(request.max_memory));
}

}  // namespace

std::string memory_needed(std::size_t bytes) {
  return std::to_string(bytes) + " bytes for activations, packed weights and scratch, or more";
}

ValuePlan plan_values(const Graph& graph, const std::vector<Place>& places,
                      const BandRequest& request) {
  std::vector<Region> regions;
  if (request.rows > 0 && !request.keep_values)
    regions = cut_all(find_regions(graph, places, request.precision), request.rows, graph, places,
                      request.precision);
  ValuePlan plan = plan_with(graph, places, std::move(regions), !request.keep_values);
  return request.max_memory == 0 ? plan : plan_within(std::move(plan), graph, places, request);
}

}  // namespace burin

#include "engine/graph/memory_plan.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace burin {
namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + memory_alignment - 1) / memory_alignment * memory_alignment;
}

bool meet(const MemoryBlock& a, const MemoryBlock& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The lowest offset at which `bytes` fit between the taken ranges (sorted by begin).
std::size_t lowest_gap(std::vector<std::pair<std::size_t, std::size_t>> taken, std::size_t bytes) {
  std::sort(taken.begin(), taken.end());
  std::size_t at = 0;
  for (const auto& [begin, end] : taken) {
    if (begin >= at + bytes) break;
    at = std::max(at, end);
  }
  return at;
}

}  // namespace

MemoryPlan plan_memory(const std::vector<MemoryBlock>& blocks, bool overlap) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  MemoryPlan plan;
  plan.offsets.resize(blocks.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const MemoryBlock& block = blocks[order[i]];
    std::vector<std::pair<std::size_t, std::size_t>> taken;
    for (std::size_t j = 0; j < i; ++j) {
      const std::size_t other = order[j];
      if (overlap && !meet(block, blocks[other])) continue;
      taken.emplace_back(plan.offsets[other], plan.offsets[other] + aligned(blocks[other].bytes));
    }
    plan.offsets[order[i]] = lowest_gap(std::move(taken), aligned(block.bytes));
    plan.bytes = std::max(plan.bytes, plan.offsets[order[i]] + aligned(block.bytes));
  }
  return plan;
}

std::size_t live_peak(const std::vector<MemoryBlock>& blocks) {
  std::size_t peak = 0;
  for (const MemoryBlock& at : blocks) {  // a peak begins where some block begins
    std::size_t live = 0;
    for (const MemoryBlock& block : blocks)
      if (block.first <= at.first && at.first <= block.last) live += aligned(block.bytes);
    peak = std::max(peak, live);
  }
  return peak;
}

std::string to_text(const std::vector<MemoryBlock>& blocks, const MemoryPlan& plan, int width) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].first < blocks[b].first; });
  std::string out;
  const auto column = [&](std::size_t byte) {
    return static_cast<int>(static_cast<double>(byte) * width /
                            static_cast<double>(std::max<std::size_t>(plan.bytes, 1)));
  };
  for (const std::size_t i : order) {
    const MemoryBlock& block = blocks[i];
    const int begin = std::min(column(plan.offsets[i]), width - 1);
    const int end = std::clamp(column(plan.offsets[i] + block.bytes), begin + 1, width);
    const std::string bar = std::string(static_cast<std::size_t>(begin), '.') +
                            std::string(static_cast<std::size_t>(end - begin), '#') +
                            std::string(static_cast<std::size_t>(width - end), '.');
    char line[64];
    std::snprintf(line, sizeof line, "%4d-%-4d %12zu  ", block.first, block.last, block.bytes);
    out += line + bar + "  " + block.name + "\n";
  }
  return out;
}

}  // namespace burin

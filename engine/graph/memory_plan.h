// Where blocks of memory lie when each is needed for a while: largest first, each at the lowest
// offset that is free during its life (greedy by size; Pisarchyk, Lee 2020, arXiv 2001.03288). Knows
// nothing about graphs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace burin {

struct MemoryBlock {
  std::size_t bytes = 0;
  int first = 0, last = 0;  // steps during which it lives, both included
  std::string name = {};
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  // of each block; multiples of memory_alignment
  std::size_t bytes = 0;             // of all together
};

// A cache line.
inline constexpr std::size_t memory_alignment = 64;

// `overlap` false: every block gets memory of its own, to find errors of aliasing.
[[nodiscard]] MemoryPlan plan_memory(const std::vector<MemoryBlock>& blocks, bool overlap = true);

// The largest sum of blocks that live at once: no plan takes less.
[[nodiscard]] std::size_t live_peak(const std::vector<MemoryBlock>& blocks);

// One line per block: bytes, life and a bar of `width` characters over the memory of the plan.
[[nodiscard]] std::string to_text(const std::vector<MemoryBlock>& blocks, const MemoryPlan& plan,
                                  int width = 48);

}  // namespace burin

// Which values share memory: a concatenation's operands are made inside of it, slices and reshapes
// lie inside of what they read. The rest is left to the memory plan.
#pragma once

#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/memory_plan.h"

namespace burin {

struct Region;

struct Place {
  int root = -1;         // the node whose block holds the value; -1 for constants
  Layout layout{};       // in the block of the root, in elements
  bool computed = true;  // false: a view, there is nothing to run
};

// A concatenation of channels, which operands can be made inside of.
[[nodiscard]] bool joins_channels(const Node& node);

// One for each node. `in_place` false: no result takes the place of an operand.
[[nodiscard]] std::vector<Place> place(const Graph& graph, bool in_place = true);

// A block for each node that is its own root; blocks[i] belongs to roots[i].
struct Blocks {
  std::vector<int> roots;
  std::vector<MemoryBlock> blocks;
};
// Lives are counted in nodes; inputs live from the start, outputs to the end. What a node of a region
// (bands.h) reads or makes lives as long as the region; a window takes its rows of one image.
[[nodiscard]] Blocks blocks_of(const Graph& graph, const std::vector<Place>& places,
                               const std::vector<Region>& regions);

}  // namespace burin

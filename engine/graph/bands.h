// Depth first: a region is a run of nodes that is made band by band of rows instead of node by node.
// What is read inside of it alone is never whole in memory: a window holds the rows that are still
// to be read. In each band a node makes the rows that its readers ask for, those that it made before
// stay in the window, so that no row is made twice.
//
// Rows are cut where the kernels promise equal bits (Kernel::row_period), and every node keeps the
// kernel of the whole image: results do not depend on the bands.
#pragma once

#include <string>
#include <vector>

#include "engine/graph/placement.h"
#include "engine/graph/rows.h"

namespace burin {

struct BandNode {
  int id = -1;
  RowLocal rule{};
  std::vector<std::int64_t> done{};  // rows made after each band
  [[nodiscard]] Rows rows(std::size_t band) const {
    return {band == 0 ? 0 : done[band - 1], done[band]};
  }
};

// The rows of a root (placement.h) in memory during each band.
struct BandWindow {
  int root = -1;
  std::int64_t rows = 0;  // most at once
  std::vector<Rows> held{};
};

struct Region {
  int first = -1, last = -1;  // nodes, in the order of the graph
  std::int64_t rows = 0;      // of its largest images
  std::int64_t height = 0;    // of a band of them; 0: not cut yet
  std::vector<BandNode> nodes{};
  std::vector<BandWindow> windows{};
  [[nodiscard]] std::size_t bands() const { return nodes.empty() ? 0 : nodes[0].done.size(); }
  [[nodiscard]] bool contains(int id) const { return first <= id && id <= last; }
  [[nodiscard]] const BandWindow* window_of(int root) const;
};

// The one that the node belongs to, or null.
[[nodiscard]] const Region* region_of(const std::vector<Region>& regions, int id);

// The window in memory, of one image.
[[nodiscard]] Layout window_layout(const Node& root, const BandWindow& window);

// Runs of nodes that can be made so and keep some root out of memory: same rows but for the last
// node, which may make fewer.
[[nodiscard]] std::vector<Region> find_regions(const Graph& graph, const std::vector<Place>& places,
                                               kernels::Precision precision);

// The region in bands of `height` rows; false where a kernel refuses a part, or there is one band.
[[nodiscard]] bool cut(Region& region, std::int64_t height, const Graph& graph,
                       const std::vector<Place>& places, kernels::Precision precision);

// "nodes %3-%9 in 32 bands of 32 rows: %3 conv 1x64x1024x1024 in 38 rows, ..", a line each.
[[nodiscard]] std::string to_text(const std::vector<Region>& regions, const Graph& graph);

}  // namespace burin

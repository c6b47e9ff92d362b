// How a pass makes its new graph: it walks the old one and copies each node or puts another in its
// place. What nobody reads any more is dropped at the end.
#pragma once

#include <utility>
#include <vector>

#include "engine/graph/graph.h"

namespace burin {

class Rewrite {
 public:
  explicit Rewrite(const Graph& from);

  [[nodiscard]] const Graph& from() const noexcept { return from_; }
  [[nodiscard]] Graph& to() noexcept { return to_; }
  // The new id of an old one that was copied or replaced; -1 stays -1.
  [[nodiscard]] int now(int old_id) const {
    return old_id < 0 ? -1 : ids_[static_cast<std::size_t>(old_id)];
  }
  [[nodiscard]] std::vector<int> now(const std::vector<int>& old_ids) const;
  // How many nodes and outputs read an old node.
  [[nodiscard]] int readers(int old_id) const { return uses_[static_cast<std::size_t>(old_id)]; }

  void copy(int old_id);
  // Readers of the old node read this new one instead.
  void replace(int old_id, int new_id) { ids_[static_cast<std::size_t>(old_id)] = new_id; }

  // The new graph without dead nodes.
  [[nodiscard]] Graph finish();

 private:
  const Graph& from_;
  Graph to_;
  std::vector<int> ids_, uses_;
};

// Walks `from`: f(rewrite, id) returns true where it has put something in the node's place, else
// the node is copied.
template <class F>
[[nodiscard]] Graph rewrite(const Graph& from, const F& f) {
  Rewrite walk(from);
  for (int id = 0; id < static_cast<int>(from.nodes.size()); ++id)
    if (from.at(id).op == nullptr || !f(walk, id)) walk.copy(id);
  return walk.finish();
}

}  // namespace burin

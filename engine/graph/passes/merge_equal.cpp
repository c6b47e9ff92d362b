#include <map>

#include "engine/graph/passes.h"
#include "engine/graph/rewrite.h"

namespace burin {

Graph merge_equal(const Graph& graph) {
  std::multimap<std::pair<const OpDef*, std::vector<int>>, int> seen;  // new ids
  return rewrite(graph, [&seen](Rewrite& walk, int id) {
    const Node& node = walk.from().at(id);
    const auto key = std::pair(node.op, walk.now(node.inputs));
    const auto [first, last] = seen.equal_range(key);
    for (auto it = first; it != last; ++it) {
      if (!(walk.to().at(it->second).attributes == node.attributes)) continue;
      walk.replace(id, it->second);
      return true;
    }
    walk.copy(id);
    seen.emplace(key, walk.now(id));
    return true;
  });
}

}  // namespace burin

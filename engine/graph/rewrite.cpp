#include "engine/graph/rewrite.h"

#include "engine/graph/passes.h"

namespace burin {

Rewrite::Rewrite(const Graph& from) : from_(from), ids_(from.nodes.size(), -1), uses_(uses(from)) {
  to_.name = from.name;
  to_.metadata = from.metadata;
}

std::vector<int> Rewrite::now(const std::vector<int>& old_ids) const {
  std::vector<int> out;
  for (const int id : old_ids) out.push_back(now(id));
  return out;
}

void Rewrite::copy(int old_id) {
  Node node = from_.at(old_id);
  node.inputs = now(node.inputs);
  replace(old_id, static_cast<int>(to_.nodes.size()));
  to_.nodes.push_back(std::move(node));
}

Graph Rewrite::finish() {
  for (const int id : from_.inputs) to_.inputs.push_back(now(id));
  for (const GraphOutput& output : from_.outputs)
    to_.outputs.push_back({now(output.node), output.name});
  return remove_dead(to_);
}

}  // namespace burin

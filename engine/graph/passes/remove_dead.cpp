#include <utility>

#include "engine/graph/passes.h"

namespace burin {

Graph remove_dead(const Graph& graph) {
  std::vector<bool> live(graph.nodes.size());
  for (const int id : graph.inputs) live[static_cast<std::size_t>(id)] = true;
  for (const GraphOutput& output : graph.outputs)
    live[static_cast<std::size_t>(output.node)] = true;
  for (std::size_t id = live.size(); id-- > 0;) {
    if (!live[id]) continue;
    for (const int input : graph.nodes[id].inputs)
      if (input >= 0) live[static_cast<std::size_t>(input)] = true;
  }
  Graph out;
  out.name = graph.name;
  out.metadata = graph.metadata;
  std::vector<int> ids(live.size(), -1);
  for (std::size_t id = 0; id < live.size(); ++id) {
    if (!live[id]) continue;
    ids[id] = static_cast<int>(out.nodes.size());
    Node node = graph.nodes[id];
    for (int& input : node.inputs)
      if (input >= 0) input = ids[static_cast<std::size_t>(input)];
    out.nodes.push_back(std::move(node));
  }
  for (const int id : graph.inputs) out.inputs.push_back(ids[static_cast<std::size_t>(id)]);
  for (const GraphOutput& output : graph.outputs)
    out.outputs.push_back({ids[static_cast<std::size_t>(output.node)], output.name});
  return out;
}

}  // namespace burin

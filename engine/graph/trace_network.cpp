#include "engine/graph/trace_network.h"

namespace burin {

Graph trace_network(Network& network, std::span<const Shape> shapes) {
  static_cast<void>(network.parameters());  // names them
  std::vector<std::string> names;
  for (const NetworkInput& input : network.inputs()) names.push_back(input.name);
  Tape tape(Mode::shapes);
  const Value y = run_shapes(network, tape, shapes);
  Graph graph = trace(tape, {&y, 1}, names);
  graph.name = network.name();
  return graph;
}

}  // namespace burin

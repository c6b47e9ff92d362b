// How passes know a gate.
#pragma once

#include "engine/graph/graph.h"
#include "engine/ops/all_ops.h"

namespace burin {

// What a node is the sigmoid of, or -1.
[[nodiscard]] inline int sigmoid_of(const Graph& graph, int id) {
  const Node& node = graph.at(id);
  if (node.op != &activate_op) return -1;
  const auto& a = std::get<ActivationAttributes>(node.attributes);
  return a.activation == Activation::sigmoid ? node.inputs[0] : -1;
}

}  // namespace burin

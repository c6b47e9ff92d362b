// A graph run node after node by the ops' forward; a result is dropped after its last reader.
#include "engine/error.h"
#include "engine/graph/graph.h"

namespace burin {
namespace {

Tensor forward(const Node& node, std::span<const Tensor> results) {
  std::vector<Tensor> operands;
  for (const int id : node.inputs)
    operands.push_back(id < 0 ? Tensor() : results[static_cast<std::size_t>(id)]);
  return evaluate(*node.op, operands, node.attributes);
}

}  // namespace

std::vector<Tensor> interpret(const Graph& graph, std::span<const Tensor> inputs,
                              const NodeVisitor& visit) {
  check_inputs(graph, inputs);
  std::vector<Tensor> results(graph.nodes.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    results[static_cast<std::size_t>(graph.inputs[i])] = inputs[i];
  std::vector<int> left = uses(graph);
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    if (node.op != nullptr)
      results[id] = forward(node, results);
    else if (node.value)
      results[id] = node.value;
    if (visit) visit(static_cast<int>(id), results[id]);
    for (const int operand : node.inputs)
      if (operand >= 0 && --left[static_cast<std::size_t>(operand)] == 0)
        results[static_cast<std::size_t>(operand)] = {};
  }
  std::vector<Tensor> outputs;
  for (const GraphOutput& output : graph.outputs)
    outputs.push_back(results[static_cast<std::size_t>(output.node)]);
  return outputs;
}

}  // namespace burin

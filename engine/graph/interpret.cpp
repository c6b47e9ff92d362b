// A graph run node after node by the ops' forward; a result is dropped after its last reader.
#include "engine/error.h"
#include "engine/graph/graph.h"

namespace burin {
namespace {

Tensor forward(const Node& node, std::span<const Tensor> results) {
  std::vector<Tensor> operands, saved;
  for (const int id : node.inputs)
    operands.push_back(id < 0 ? Tensor() : results[static_cast<std::size_t>(id)]);
  ForwardContext context{.inputs = operands, .attributes = node.attributes, .saved = saved};
  return node.op->forward(context);
}

void check_input(const Node& node, const Tensor& given) {
  if (given && given.shape() == node.shape && given.dtype() == node.type) return;
  const auto text = [](const Shape& shape, DType type) {
    return shape.text() + " of " + std::string(dtype_name(type));
  };
  throw Error("input " + node.name, text(node.shape, node.type),
              given ? text(given.shape(), given.dtype()) : "none");
}

}  // namespace

std::vector<Tensor> interpret(const Graph& graph, std::span<const Tensor> inputs,
                              const NodeVisitor& visit) {
  if (inputs.size() != graph.inputs.size())
    throw Error("graph " + graph.name, std::to_string(graph.inputs.size()) + " inputs",
                std::to_string(inputs.size()));
  std::vector<Tensor> results(graph.nodes.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_input(graph.at(graph.inputs[i]), inputs[i]);
    results[static_cast<std::size_t>(graph.inputs[i])] = inputs[i];
  }
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

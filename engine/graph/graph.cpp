#include "engine/graph/graph.h"

#include <utility>

#include "engine/error.h"

namespace burin {
namespace {

std::vector<DType> input_types(const Graph& graph, const Node& node) {
  std::vector<DType> types;
  for (const int id : node.inputs) types.push_back(id < 0 ? DType::f32 : graph.at(id).type);
  return types;
}

std::string label(const Graph& graph, int id) {
  const Node& node = graph.at(id);
  const std::string op = node.op == nullptr ? "leaf" : std::string(node.op->name);
  return op + " %" + std::to_string(id) + (node.name.empty() ? "" : " " + node.name);
}

void verify_leaf(const Graph& graph, int id) {
  const Node& node = graph.at(id);
  if (node.value && (node.value.shape() != node.shape || node.value.dtype() != node.type))
    throw Error("graph", label(graph, id) + " as its value", node.value.shape().text());
}

void verify_node(const Graph& graph, int id) {
  const Node& node = graph.at(id);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const int input = node.inputs[i];
    if (input >= id || (input < 0 && i < node.op->required))
      throw Error("graph", "operands before " + label(graph, id), "%" + std::to_string(input));
  }
  const Shape shape = node.op->infer(graph.input_shapes(node), node.attributes);
  if (shape != node.shape)
    throw Error("graph", label(graph, id) + " of " + shape.text(), node.shape.text());
  const DType type = infer_type(*node.op, input_types(graph, node), node.attributes);
  if (type != node.type)
    throw Error("graph", label(graph, id) + " of " + std::string(dtype_name(type)),
                std::string(dtype_name(node.type)));
}

}  // namespace

std::vector<Shape> Graph::input_shapes(const Node& node) const {
  std::vector<Shape> shapes;
  for (const int id : node.inputs) shapes.push_back(id < 0 ? Shape() : at(id).shape);
  return shapes;
}

int Graph::add_input(std::string input_name, const Shape& shape, DType type) {
  Node node;
  node.name = std::move(input_name);
  node.shape = shape;
  node.type = type;
  nodes.push_back(std::move(node));
  inputs.push_back(static_cast<int>(nodes.size()) - 1);
  return inputs.back();
}

int Graph::add_constant(std::string constant_name, const Tensor& value) {
  Node node;
  node.name = std::move(constant_name);
  node.shape = value.shape();
  node.type = value.dtype();
  node.value = value;
  nodes.push_back(std::move(node));
  return static_cast<int>(nodes.size()) - 1;
}

int Graph::add(const OpDef& op, std::vector<int> operands, Attributes attributes,
               std::string node_name) {
  Node node;
  node.op = &op;
  node.name = std::move(node_name);
  node.inputs = std::move(operands);
  node.attributes = std::move(attributes);
  node.shape = op.infer(input_shapes(node), node.attributes);
  node.type = infer_type(op, input_types(*this, node), node.attributes);
  nodes.push_back(std::move(node));
  return static_cast<int>(nodes.size()) - 1;
}

void verify(const Graph& graph) {
  for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id)
    graph.at(id).op == nullptr ? verify_leaf(graph, id) : verify_node(graph, id);
  for (const int id : graph.inputs)
    if (graph.at(id).op != nullptr || graph.at(id).value)
      throw Error("graph", "an input without a value", label(graph, id));
  for (const GraphOutput& output : graph.outputs)
    if (output.node < 0 || output.node >= static_cast<int>(graph.nodes.size()))
      throw Error("graph", "an output that a node makes", std::to_string(output.node));
}

void check_inputs(const Graph& graph, std::span<const Tensor> inputs) {
  if (inputs.size() != graph.inputs.size())
    throw Error("graph " + graph.name, std::to_string(graph.inputs.size()) + " inputs",
                std::to_string(inputs.size()));
  const auto text = [](const Shape& shape, DType type) {
    return shape.text() + " of " + std::string(dtype_name(type));
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Node& node = graph.at(graph.inputs[i]);
    const Tensor& given = inputs[i];
    if (!given || given.shape() != node.shape || given.dtype() != node.type)
      throw Error("input " + node.name, text(node.shape, node.type),
                  given ? text(given.shape(), given.dtype()) : "none");
  }
}

std::vector<int> uses(const Graph& graph) {
  std::vector<int> count(graph.nodes.size());
  for (const Node& node : graph.nodes)
    for (const int id : node.inputs)
      if (id >= 0) ++count[static_cast<std::size_t>(id)];
  for (const GraphOutput& output : graph.outputs) ++count[static_cast<std::size_t>(output.node)];
  return count;
}

std::string to_text(const Graph& graph) {
  std::string out;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id)
    out += to_text(graph.nodes[id], id) + "\n";
  for (const GraphOutput& output : graph.outputs)
    out += "return %" + std::to_string(output.node) + " " + output.name + "\n";
  return out;
}

std::int64_t macs(const Graph& graph, const Node& node) {
  if (node.op == nullptr || node.op->macs == nullptr) return 0;
  return node.op->macs(graph.input_shapes(node), node.attributes);
}

std::int64_t macs(const Graph& graph) {
  std::int64_t total = 0;
  for (const Node& node : graph.nodes) total += macs(graph, node);
  return total;
}

}  // namespace burin

// A computation without gradients: the nodes of a tape that lead to some results, or those of an
// ONNX file. Passes (passes.h) rewrite it, program.h makes it ready to run.
//
// Shapes are concrete: a model with open sizes gives one graph for each set of input shapes
// (docs/decisions/0006-concrete-graphs.md).
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/autograd/tape.h"

namespace burin {

struct GraphOutput {
  int node = -1;
  std::string name;
};

struct Graph {
  std::string name;
  std::vector<Node> nodes;  // a node reads only nodes before it
  std::vector<int> inputs;  // leaves without a value, in the caller's order; each has a name
  std::vector<GraphOutput> outputs;
  // Facts about the model: task, preprocessing, labels, hash of the recipe, ...
  std::map<std::string, std::string> metadata;

  [[nodiscard]] const Node& at(int id) const { return nodes[static_cast<std::size_t>(id)]; }
  [[nodiscard]] Node& at(int id) { return nodes[static_cast<std::size_t>(id)]; }
  [[nodiscard]] bool is_constant(int id) const {
    return at(id).op == nullptr && static_cast<bool>(at(id).value);
  }
  [[nodiscard]] std::vector<Shape> input_shapes(const Node& node) const;  // rank 0: absent

  int add_input(std::string input_name, const Shape& shape, DType type = DType::f32);
  int add_constant(std::string constant_name, const Tensor& value);
  // Appends a node; shape and type are inferred. Throws Error of the op's infer.
  int add(const OpDef& op, std::vector<int> operands, Attributes attributes,
          std::string node_name = {});
};

// The nodes of a tape (any mode) that `outputs` depend on. Inputs keep the order in which the tape
// met them; names may be fewer than inputs or outputs: "input", "input_1", .. and "output", ..
// Nodes are named after the layer whose parameter they read.
[[nodiscard]] Graph trace(const Tape& tape, std::span<const Value> outputs,
                          std::span<const std::string> input_names = {},
                          std::span<const std::string> output_names = {});

// Throws Error{"graph", ...} unless every node reads nodes before it, has the shape and type that
// its op infers, and inputs and outputs are what they should be.
void verify(const Graph& graph);

// Throws Error unless there is a tensor for each input, of its shape and type.
void check_inputs(const Graph& graph, std::span<const Tensor> inputs);

// How many nodes and outputs read each node.
[[nodiscard]] std::vector<int> uses(const Graph& graph);

// Nodes in order, then "return %12 logits".
[[nodiscard]] std::string to_text(const Graph& graph);

// Multiply-accumulates of all nodes (conv, transposed conv and dense).
[[nodiscard]] std::int64_t macs(const Graph& graph);
[[nodiscard]] std::int64_t macs(const Graph& graph, const Node& node);

// Runs node after node by the ops' forward: the meaning of a graph, by which programs are checked.
// `inputs` in the order of graph.inputs; `visit`, if given, sees every node's result. Throws Error
// for inputs of other shapes or types.
using NodeVisitor = std::function<void(int id, const Tensor& result)>;
[[nodiscard]] std::vector<Tensor> interpret(const Graph& graph, std::span<const Tensor> inputs,
                                            const NodeVisitor& visit = {});

}  // namespace burin

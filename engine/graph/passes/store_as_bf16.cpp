// Types spread along ops that keep them: a value becomes bf16 where its producer can write it and
// every reader can read it at no more cost, and no result of the graph is it.
#include <algorithm>
#include <cmath>

#include "engine/graph/passes.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/choose_kernel.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/linear_shape.h"

namespace burin {
namespace {

bool multiplies(const Node& node) {
  return node.op == &conv_op || node.op == &conv_transpose_op || node.op == &linear_op;
}

// The shape with activations of two bytes is served, and costs no more than with those of four: a
// depthwise convolution has fast kernels for f32 alone.
template <class Shape, class Cost>
bool pays(Shape shape, const Cost& cost) {
  shape.source_type = shape.target_type = kernels::Element::f32;
  const double wide = cost(shape);
  shape.source_type = shape.target_type = kernels::Element::bf16;
  const double narrow = cost(shape);
  return std::isfinite(narrow) && narrow <= wide;
}

// It pays that a layer reads and writes bf16.
bool bf16_pays(const Graph& graph, const Node& node) {
  const Shape& x = graph.at(node.inputs[0]).shape;
  if (node.op == &linear_op) {
    const Wanted wanted{std::get<LinearAttributes>(node.attributes).activation, Precision::bf16};
    return pays(linear_shape(x, node.shape[1]),
                [&](const kernels::MatmulShape& s) { return least_cost(s, wanted); });
  }
  const auto& a = std::get<ConvAttributes>(node.attributes);
  const Wanted wanted{a.activation, Precision::bf16};
  const bool forward = node.op == &conv_op;
  kernels::ConvShape shape = forward ? conv_shape(x, node.shape, a) : conv_shape(node.shape, x, a);
  shape.residual = node.inputs.size() > 3 && node.inputs[3] >= 0;
  const ConvPass pass = forward ? ConvPass::forward : ConvPass::data;
  return pays(shape, [&](const kernels::ConvShape& s) { return least_cost(pass, s, wanted); });
}

class Types {
 public:
  explicit Types(const Graph& graph)
      : graph_(graph), pays_(graph.nodes.size()), bf16_(graph.nodes.size()) {
    for (std::size_t id = 0; id < bf16_.size(); ++id) {
      const Node& node = graph.nodes[id];
      pays_[id] = node.op != nullptr && multiplies(node) && bf16_pays(graph, node);
      bf16_[id] =
          node.op != nullptr && node.type == DType::f32 && (node.op->keeps_bf16 || pays_[id]);
    }
    for (const GraphOutput& output : graph.outputs)
      bf16_[static_cast<std::size_t>(output.node)] = false;
    while (narrow()) {
    }
  }
  [[nodiscard]] const std::vector<bool>& bf16() const noexcept { return bf16_; }

 private:
  // One walk; true when something changed.
  bool narrow() {
    changed_ = false;
    for (std::size_t id = 0; id < bf16_.size(); ++id) {
      const Node& node = graph_.nodes[id];
      if (node.op == nullptr) continue;
      if (multiplies(node))
        narrow_layer(node, id);
      else if (node.op->keeps_bf16)
        narrow_alike(node, id);
      else
        for (const int operand : node.inputs) clear(operand);
    }
    return changed_;
  }
  // A layer reads either type but for weights and bias; its residual has the type of the result.
  void narrow_layer(const Node& node, std::size_t id) {
    if (!pays_[id]) clear(node.inputs[0]);
    for (std::size_t i = 1; i < std::min<std::size_t>(node.inputs.size(), 3); ++i)
      clear(node.inputs[i]);
    if (node.inputs.size() < 4 || node.inputs[3] < 0) return;
    const auto residual = static_cast<std::size_t>(node.inputs[3]);
    if (bf16_[residual] && bf16_[id]) return;
    clear(node.inputs[3]);
    clear(static_cast<int>(id));
  }
  void narrow_alike(const Node& node, std::size_t id) {
    bool all = bf16_[id];
    for (const int operand : node.inputs)
      all = all && (operand < 0 || is_constant_vector(node, operand) ||
                    bf16_[static_cast<std::size_t>(operand)]);
    if (all) return;
    clear(static_cast<int>(id));
    for (const int operand : node.inputs) clear(operand);
  }
  // The vector of border_bias stays f32; a constant among operands that are joined does not.
  bool is_constant_vector(const Node& node, int operand) const {
    return node.op == &border_bias_op && graph_.is_constant(operand);
  }
  void clear(int id) {
    if (id < 0 || !bf16_[static_cast<std::size_t>(id)]) return;
    bf16_[static_cast<std::size_t>(id)] = false;
    changed_ = true;
  }

  const Graph& graph_;
  std::vector<bool> pays_, bf16_;
  bool changed_ = false;
};

}  // namespace

Graph store_as_bf16(const Graph& graph) {
  const Types types(graph);
  Graph out = graph;
  for (std::size_t id = 0; id < out.nodes.size(); ++id) {
    if (!types.bf16()[id]) continue;
    out.nodes[id].type = DType::bf16;
    Attributes& attributes = out.nodes[id].attributes;
    if (auto* conv = std::get_if<ConvAttributes>(&attributes)) conv->result = DType::bf16;
    if (auto* dense = std::get_if<LinearAttributes>(&attributes)) dense->result = DType::bf16;
  }
  return out;
}

}  // namespace burin

// Gated linear unit (Dauphin et al. 2017): a * sigmoid(b), a and b the halves of x, comes out of
// exporters as four nodes.
#include "engine/graph/passes.h"
#include "engine/graph/passes/sigmoid_of.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"

namespace burin {
namespace {

// The half of its operand's axis that a node is: that axis, and the operand; -1: it is none.
struct Half {
  int of = -1, axis = 0;
};

Half half(const Graph& graph, int id, bool upper) {
  const Node& node = graph.at(id);
  if (node.op != &slice_op) return {};
  const auto& a = std::get<SliceAttributes>(node.attributes);
  const Shape& x = graph.at(node.inputs[0]).shape;
  const int axis = a.axis < 0 ? a.axis + x.rank() : a.axis;
  if (x[axis] != 2 * a.count || a.first != (upper ? a.count : 0)) return {};
  return {node.inputs[0], axis};
}

}  // namespace

Graph recognize_glu(const Graph& graph) {
  return rewrite(graph, [](Rewrite& walk, int id) {
    const Graph& from = walk.from();
    const Node& node = from.at(id);
    if (node.op != &multiply_op || node.type != DType::f32) return false;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const int gate = sigmoid_of(from, node.inputs[1 - i]);
      if (gate < 0) continue;
      const Half a = half(from, node.inputs[i], false), b = half(from, gate, true);
      if (a.of < 0 || a.of != b.of || a.axis != b.axis) continue;
      const AxisAttributes axis{.axis = a.axis};
      walk.replace(id, walk.to().add(glu_op, {walk.now(a.of)}, axis, node.name));
      return true;
    }
    return false;
  });
}

}  // namespace burin

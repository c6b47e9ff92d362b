#include "engine/graph/passes.h"
#include "engine/graph/passes/activation.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"

namespace burin {
namespace {

// A convolution without residual that nothing else reads.
bool takes_residual(const Rewrite& walk, int id, const Shape& shape) {
  const Node& conv = walk.from().at(id);
  if (conv.op != &conv_op || conv.shape != shape || walk.readers(id) != 1) return false;
  return conv.inputs.size() <= 3 || conv.inputs[3] < 0;
}

}  // namespace

Graph fuse_residual(const Graph& graph) {
  return rewrite(graph, [](Rewrite& walk, int id) {
    const Node& sum = walk.from().at(id);
    if (sum.op != &add_op && sum.op != &add_activate_op) return false;
    const auto& activation = std::get<ActivationAttributes>(sum.attributes);
    if (!is_cheap(activation.activation)) return false;
    // The later of two convolutions runs when the other's result is there.
    const int later = sum.inputs[0] > sum.inputs[1] ? 0 : 1;
    for (const int i : {later, 1 - later}) {
      const int conv_id = sum.inputs[static_cast<std::size_t>(i)];
      const int other = sum.inputs[static_cast<std::size_t>(1 - i)];
      if (!takes_residual(walk, conv_id, sum.shape)) continue;
      if (walk.from().at(other).shape != sum.shape || walk.from().is_constant(other)) continue;
      const Node& conv = walk.from().at(conv_id);
      Attributes attributes = conv.attributes;
      if (!set_activation(attributes, activation.activation, activation.slope)) continue;
      std::vector<int> operands = walk.now(conv.inputs);
      operands.resize(4, -1);
      operands[3] = walk.now(other);
      walk.replace(id, walk.to().add(conv_op, operands, attributes, conv.name));
      return true;
    }
    return false;
  });
}

}  // namespace burin

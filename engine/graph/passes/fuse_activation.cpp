#include "engine/graph/passes.h"
#include "engine/graph/passes/activation.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"

namespace burin {
namespace {

// The op that makes the sum or layer with an activation, or null.
const OpDef* activated(const OpDef* op) {
  if (op == &add_op) return &add_activate_op;
  const bool takes = op == &conv_op || op == &conv_transpose_op || op == &linear_op ||
                     op == &batch_norm_op || op == &instance_norm_op || op == &group_norm_op;
  return takes ? op : nullptr;
}

// Norm kernels have no relu6.
bool applies(const OpDef& op, const ActivationAttributes& a) {
  const bool norm = op.name.find("norm") != std::string_view::npos;
  return is_cheap(a.activation) && !(norm && a.activation == Activation::relu6);
}

}  // namespace

Graph fuse_activation(const Graph& graph) {
  return rewrite(graph, [](Rewrite& walk, int id) {
    const Node& node = walk.from().at(id);
    if (node.op != &activate_op) return false;
    const auto& a = std::get<ActivationAttributes>(node.attributes);
    const Node& before = walk.from().at(node.inputs[0]);
    const OpDef* op = activated(before.op);
    if (op == nullptr || !applies(*op, a) || walk.readers(node.inputs[0]) != 1) return false;
    Attributes attributes = before.attributes;
    if (!set_activation(attributes, a.activation, a.slope)) return false;
    walk.replace(id, walk.to().add(*op, walk.now(before.inputs), attributes,
                                   before.name.empty() ? node.name : before.name));
    return true;
  });
}

}  // namespace burin

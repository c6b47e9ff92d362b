// x * sigmoid(x) (Hendrycks, Gimpel 2016; Elfwing et al. 2017) comes out of exporters as two nodes.
#include "engine/graph/passes.h"
#include "engine/graph/passes/sigmoid_of.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"

namespace burin {

Graph recognize_silu(const Graph& graph) {
  return rewrite(graph, [](Rewrite& walk, int id) {
    const Node& node = walk.from().at(id);
    if (node.op != &multiply_op || node.type != DType::f32) return false;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const int x = node.inputs[i];
      if (sigmoid_of(walk.from(), node.inputs[1 - i]) != x) continue;
      const UnaryAttributes silu{.function = Unary::silu};
      walk.replace(id, walk.to().add(unary_op, {walk.now(x)}, silu, node.name));
      return true;
    }
    return false;
  });
}

}  // namespace burin

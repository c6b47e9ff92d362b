#include <algorithm>

#include "engine/graph/passes.h"
#include "engine/graph/rewrite.h"

namespace burin {

Graph fold_constants(const Graph& graph) {
  return rewrite(graph, [](Rewrite& walk, int id) {
    const Node& node = walk.from().at(id);
    std::vector<Tensor> operands;
    for (const int input : walk.now(node.inputs)) {
      if (input >= 0 && !walk.to().is_constant(input)) return false;
      operands.push_back(input < 0 ? Tensor() : walk.to().at(input).value);
    }
    walk.replace(id,
                 walk.to().add_constant(node.name, evaluate(*node.op, operands, node.attributes)));
    return true;
  });
}

}  // namespace burin

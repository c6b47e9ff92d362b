#include "engine/graph/passes.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"

namespace burin {
namespace {

// Only a border of zeros around the image: no channels, no images, nothing cropped.
bool is_zero_border(const PadAttributes& a) {
  for (std::size_t axis = 0; axis < a.begin.size(); ++axis)
    if (a.begin[axis] < 0 || a.end[axis] < 0 ||
        (axis < 2 && (a.begin[axis] != 0 || a.end[axis] != 0)))
      return false;
  return a.mode == PadMode::constant && a.value == 0.0;
}

}  // namespace

Graph fold_pad(const Graph& graph) {
  return rewrite(graph, [](Rewrite& walk, int id) {
    const Node& conv = walk.from().at(id);
    if (conv.op != &conv_op) return false;
    const Node& pad = walk.from().at(conv.inputs[0]);
    if (pad.op != &pad_op || !is_zero_border(std::get<PadAttributes>(pad.attributes))) return false;
    const auto& border = std::get<PadAttributes>(pad.attributes);
    auto a = std::get<ConvAttributes>(conv.attributes);
    const int rank = pad.shape.rank();
    for (int axis = 2; axis < rank; ++axis) {
      const auto at = static_cast<std::size_t>(axis);
      const auto to = static_cast<std::size_t>(axis + 3 - rank);  // axes d,h,w
      a.pad_begin[to] += static_cast<int>(border.begin[at]);
      a.pad_end[to] += static_cast<int>(border.end[at]);
    }
    std::vector<int> operands = walk.now(conv.inputs);
    operands[0] = walk.now(pad.inputs[0]);
    walk.replace(id, walk.to().add(conv_op, operands, a, conv.name));
    return true;
  });
}

}  // namespace burin

#include "engine/ops/distance_family.h"

#include "engine/ops/loss_rows.h"
#include "engine/ops/row_walk.h"

namespace burin {

Tensor distance_forward(std::string_view op, const ForwardContext& context, DistanceSum sum) {
  const RowWalk walk(op, {context.inputs[0], context.inputs[1]});
  const double total =
      walk.sum([&](const Block& b) { return sum(b.extent, walk.in(0, b), walk.in(1, b)); });
  return scalar(total / static_cast<double>(context.inputs[0].elements()));
}

void distance_backward(std::string_view op, BackwardContext& context, DistanceGradient gradient,
                       double scale) {
  const double count = static_cast<double>(context.inputs[0].elements());
  const auto factor = static_cast<float>(scale * static_cast<double>(context.dy.data()[0]) / count);
  for (std::size_t i = 0; i < 2; ++i) {
    if (!context.wants[i]) continue;
    RowWalk walk(op, {context.inputs[i], context.inputs[1 - i]});
    context.gradients[i] = walk.output();
    walk.each([&](const Block& b, std::int64_t) {
      gradient(b.extent, walk.in(0, b), walk.in(1, b), walk.out(2, b), factor);
    });
  }
}

}  // namespace burin

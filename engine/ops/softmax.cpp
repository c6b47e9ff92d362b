// y = exp(x) / sum(exp(x)) along an axis;  dx = y * (dy - sum(dy*y))
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/softmax_family.h"

namespace burin {

const OpDef softmax_op{
    .name = "softmax",
    .infer = [](std::span<const Shape> inputs,
                const Attributes& a) { return softmax_infer("softmax", inputs, a); },
    .forward = [](ForwardContext& context) { return softmax_forward(context, false); },
    .backward = [](BackwardContext& context) { softmax_backward(context, false); },
    .needs = Needs::output};

Value softmax(const Value& x, int axis) {
  return x.tape().record(softmax_op, {x}, AxisAttributes{.axis = axis});
}

}  // namespace burin

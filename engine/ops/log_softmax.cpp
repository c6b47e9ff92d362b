// y = x - log(sum(exp(x))) along an axis;  dx = dy - exp(y) * sum(dy)
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/softmax_family.h"

namespace burin {

const OpDef log_softmax_op{
    .name = "log_softmax",
    .infer = [](std::span<const Shape> inputs,
                const Attributes& a) { return softmax_infer("log_softmax", inputs, a); },
    .forward = [](ForwardContext& context) { return softmax_forward(context, true); },
    .backward = [](BackwardContext& context) { softmax_backward(context, true); },
    .needs = Needs::output};

Value log_softmax(const Value& x, int axis) {
  return x.tape().record(log_softmax_op, {x}, AxisAttributes{.axis = axis});
}

}  // namespace burin

// y = the sum of x over some axes (all when none is named);  dx = dy, repeated
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/sum_family.h"

namespace burin {

const OpDef sum_op{.name = "sum",
                   .infer = [](std::span<const Shape> inputs,
                               const Attributes& a) { return sum_infer("sum", inputs, a); },
                   .forward = [](ForwardContext& context) { return sum_forward(context, false); },
                   .backward = [](BackwardContext& context) { sum_backward(context, false); },
                   .needs = Needs::nothing,
                   .infer_type = [](std::span<const DType> inputs,
                                    const Attributes&) { return sum_type("sum", inputs); }};

Value sum(const Value& x, std::span<const int> axes, bool keep) {
  return x.tape().record(sum_op, {x},
                         AxesAttributes{.axes = {axes.begin(), axes.end()}, .keep = keep});
}

}  // namespace burin

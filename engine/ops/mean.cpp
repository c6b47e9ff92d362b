// y = the mean of x over some axes (all when none is named);  dx = dy / count, repeated
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/sum_family.h"

namespace burin {

const OpDef mean_op{.name = "mean",
                    .infer = [](std::span<const Shape> inputs,
                                const Attributes& a) { return sum_infer("mean", inputs, a); },
                    .forward = [](ForwardContext& context) { return sum_forward(context, true); },
                    .backward = [](BackwardContext& context) { sum_backward(context, true); },
                    .needs = Needs::nothing,
                    .infer_type = [](std::span<const DType> inputs,
                                     const Attributes&) { return sum_type("mean", inputs); }};

Value mean(const Value& x, std::span<const int> axes, bool keep) {
  return x.tape().record(mean_op, {x},
                         AxesAttributes{.axes = {axes.begin(), axes.end()}, .keep = keep});
}

}  // namespace burin

// y = x, with updates[j.., ..] at [indices[j..][0], indices[j..][1], .., ..]; the last one of several stays, or all
// are taken together
#include "engine/ops/all_ops.h"
#include "engine/ops/index_numbers.h"
#include "engine/ops/indexed.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

constexpr std::string_view name = "scatter_nd";

const ScatterAttributes& read(const Attributes& attributes) {
  return std::get<ScatterAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  check_updates(name, inputs[2], tuple_shape(name, inputs[0], inputs[1], 0));
  return inputs[0];
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  return scattered_type(name, inputs, read(attributes).mode);
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &indices = context.inputs[1];
  const auto places = tuple_places(name, x.shape(), indices, 0);
  const std::int64_t run =
      elements_from(x.shape(), static_cast<int>(indices.shape()[indices.shape().rank() - 1]));
  return scattered(x, places, run, context.inputs[2], read(context.attributes).mode);
}

}  // namespace

const OpDef scatter_nd_op{.name = name,
                          .infer = infer,
                          .forward = forward,
                          .backward = nullptr,
                          .needs = Needs::nothing,
                          .infer_type = type};

Value scatter_nd(const Value& x, const Value& indices, const Value& updates, ScatterMode mode) {
  return x.tape().record(scatter_nd_op, {x, indices, updates}, ScatterAttributes{.mode = mode});
}

}  // namespace burin

// y = parts joined along an axis;  dx_i = the part's slice of dy (a view for channels and images)
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/ops.h"
#include "engine/ops/slicing.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  if (inputs.empty()) throw Error("concat", "one part or more", "none");
  const int axis = axis_of("concat", inputs[0], std::get<AxisAttributes>(attributes).axis);
  std::int64_t length = 0;
  for (const Shape& part : inputs) {
    if (part.rank() != inputs[0].rank() || !(part.with(axis, 1) == inputs[0].with(axis, 1)))
      throw Error("concat", "sizes that agree but for axis " + std::to_string(axis),
                  inputs[0].text() + " and " + part.text());
    length += part[axis];
  }
  return inputs[0].with(axis, length);
}

Tensor forward(ForwardContext& context) {
  std::vector<Shape> shapes;
  for (const Tensor& part : context.inputs) shapes.push_back(part.shape());
  const DType type = context.inputs[0].dtype();
  const Shape shape = infer(shapes, context.attributes);
  const int axis = axis_of("concat", shape, std::get<AxisAttributes>(context.attributes).axis);
  const bool rows_fit = axis == 1 || (context.target && context.target.layout().is_dense());
  const Tensor y = rows_fit ? context.output(shape, type) : Tensor::empty(shape, type);
  const AxisRows target = axis_rows(y, axis);
  std::int64_t first = 0;
  for (const Tensor& part : context.inputs) {
    if (part.dtype() != type)
      throw Error("concat", std::string(dtype_name(type)), std::string(dtype_name(part.dtype())));
    copy_entries(axis_rows(part, axis), 0, target, first, part.shape()[axis]);
    first += part.shape()[axis];
  }
  return y;
}

void backward(BackwardContext& context) {
  const int axis =
      axis_of("concat", context.dy.shape(), std::get<AxisAttributes>(context.attributes).axis);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < context.wants.size(); ++i) {
    const std::int64_t count = context.input_shapes[i][axis];
    if (context.wants[i]) context.gradients[i] = sliced(context.dy, axis, first, count);
    first += count;
  }
}

}  // namespace

const OpDef concat_op{.name = "concat",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::nothing,
                      .keeps_bf16 = true};

Value concat(std::span<const Value> parts, int axis) {
  if (parts.empty()) throw Error("concat", "one part or more", "none");
  return parts[0].tape().record(concat_op, parts, AxisAttributes{.axis = axis});
}

}  // namespace burin

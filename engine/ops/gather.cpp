// y[.., j.., ..] = x[.., indices[j..], ..]: the axes of the indices stand for one axis of x.
// dx = dy, added up where entries were read
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_maps.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/index_numbers.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const Shape &x = inputs[0], &indices = inputs[1];
  const int axis = axis_of("gather", x, std::get<AxisAttributes>(attributes).axis);
  std::vector<std::int64_t> sizes;
  for (int i = 0; i < axis; ++i) sizes.push_back(x[i]);
  for (const std::int64_t size : indices.sizes()) sizes.push_back(size);
  for (int i = axis + 1; i < x.rank(); ++i) sizes.push_back(x[i]);
  return Shape(sizes);
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type("gather", inputs[1], Indices{}));
  return require_type("gather", inputs[0], NumbersAndBool{});
}

AxisMaps maps_of(const Shape& x, const Tensor& indices, const Attributes& attributes) {
  const int axis = axis_of("gather", x, std::get<AxisAttributes>(attributes).axis);
  AxisMaps maps;
  for (int i = 0; i < x.rank(); ++i) maps.push_back(identity_map(x[i]));
  auto& map = maps[static_cast<std::size_t>(axis)] = index_numbers("gather", indices);
  for (std::int64_t& index : map) index = index_in("gather", index, x[axis]);
  return maps;
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &indices = context.inputs[1];
  const Shape shapes[] = {x.shape(), indices.shape()};
  return read_through(maps_of(x.shape(), indices, context.attributes), x)
      .reshape(infer(shapes, context.attributes));
}

void backward(BackwardContext& context) {
  if (!context.wants[0]) return;
  const Shape& x = context.input_shapes[0];
  const Tensor& indices = context.inputs[1];
  const int axis = axis_of("gather", x, std::get<AxisAttributes>(context.attributes).axis);
  context.gradients[0] = add_through(maps_of(x, indices, context.attributes),
                                     context.dy.reshape(x.with(axis, indices.elements())), x);
}

}  // namespace

const OpDef gather_op{.name = "gather",
                      .infer = infer,
                      .forward = forward,
                      .backward = backward,
                      .needs = Needs::inputs,
                      .infer_type = type};

Value gather(const Value& x, const Value& indices, int axis) {
  return x.tape().record(gather_op, {x, indices}, AxisAttributes{.axis = axis});
}

}  // namespace burin

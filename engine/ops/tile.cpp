// y[i] = x[i mod size], each axis repeated as a whole;  dx = the sum of dy over the repetitions
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_maps.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& repeats = std::get<ShapeAttributes>(attributes).shape;
  std::vector<std::int64_t> sizes(inputs[0].sizes().begin(), inputs[0].sizes().end());
  bool good = repeats.size() == sizes.size();
  for (std::size_t i = 0; good && i < sizes.size(); ++i) {
    good = repeats[i] >= 0 && !__builtin_mul_overflow(sizes[i], repeats[i], &sizes[i]);
  }
  if (!good)
    throw Error("tile", "a number of repetitions for each axis of " + inputs[0].text(),
                std::to_string(repeats.size()) + " others");
  return Shape(sizes);
}

AxisMaps maps_of(const Shape& x, const Attributes& attributes) {
  const Shape y = infer({&x, 1}, attributes);
  AxisMaps maps;
  for (int axis = 0; axis < x.rank(); ++axis) {
    maps.push_back(identity_map(y[axis]));
    for (std::int64_t& at : maps.back()) at %= x[axis];
  }
  return maps;
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  return read_through(maps_of(x.shape(), context.attributes), x, 0.0, context.target);
}

void backward(BackwardContext& context) {
  const Shape& x = context.input_shapes[0];
  context.gradients[0] = add_through(maps_of(x, context.attributes), context.dy, x);
}

}  // namespace

const OpDef tile_op{.name = "tile",
                    .infer = infer,
                    .forward = forward,
                    .backward = backward,
                    .needs = Needs::nothing};

Value tile(const Value& x, std::span<const std::int64_t> repeats) {
  return x.tape().record(tile_op, {x}, ShapeAttributes{.shape = {repeats.begin(), repeats.end()}});
}

}  // namespace burin

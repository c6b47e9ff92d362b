// y[i] = x[first + i*step] along each axis, i < count;  dx = dy there, 0 elsewhere
#include <algorithm>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_maps.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

const StepsAttributes& read(const Attributes& attributes) {
  return std::get<StepsAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const auto& a = read(attributes);
  const Shape& x = inputs[0];
  const auto rank = static_cast<std::size_t>(x.rank());
  if (a.first.size() != rank || a.step.size() != rank || a.count.size() != rank)
    throw Error("slice_steps", "three numbers for each axis of " + x.text(),
                std::to_string(a.first.size()));
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t size = x[static_cast<int>(i)], count = a.count[i];
    if (count == 0) continue;
    const std::int64_t first = a.first[i], step = a.step[i];
    const bool inside = count > 0 && first >= 0 && first < size;
    // How many steps there are before the end; no product, since the numbers may come from a file.
    const std::int64_t room = step > 0       ? (size - 1 - first) / step
                              : step < -size ? 0
                                             : first / -std::min<std::int64_t>(step, -1);
    if (!inside || (count > 1 && step == 0) || count - 1 > room)
      throw Error(
          "slice_steps", "entries inside of 0.." + std::to_string(size),
          std::to_string(count) + " from " + std::to_string(first) + " by " + std::to_string(step));
  }
  return Shape(a.count);
}

AxisMaps maps_of(const StepsAttributes& a) {
  AxisMaps maps;
  for (std::size_t i = 0; i < a.count.size(); ++i) {
    maps.push_back(identity_map(a.count[i]));
    for (std::int64_t& at : maps.back()) at = a.first[i] + at * a.step[i];
  }
  return maps;
}

Tensor forward(ForwardContext& context) {
  return read_through(maps_of(read(context.attributes)), context.inputs[0], 0.0, context.target);
}

void backward(BackwardContext& context) {
  context.gradients[0] =
      add_through(maps_of(read(context.attributes)), context.dy, context.input_shapes[0]);
}

}  // namespace

const OpDef slice_steps_op{.name = "slice_steps",
                           .infer = infer,
                           .forward = forward,
                           .backward = backward,
                           .needs = Needs::nothing};

Value slice_steps(const Value& x, const StepsAttributes& attributes) {
  return x.tape().record(slice_steps_op, {x}, attributes);
}

}  // namespace burin

// Relu, LeakyRelu, Sigmoid, Tanh, Clip; Softmax, LogSoftmax, Hardmax.
#include <array>
#include <limits>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

void activate(ImportContext& c, Activation activation, float slope = 0.01f) {
  c.set(0, c.add(activate_op, {c.f32(0)},
                 ActivationAttributes{.activation = activation, .slope = slope}));
}

void import_relu(ImportContext& c) {
  c.ignore({"consumed_inputs"});
  activate(c, Activation::relu);
}

void import_leaky_relu(ImportContext& c) {
  c.ignore({"consumed_inputs"});
  const float slope = c.number("alpha", 0.01f);
  slope == 0 ? activate(c, Activation::relu) : activate(c, Activation::leaky_relu, slope);
}

void import_sigmoid(ImportContext& c) {
  c.ignore({"consumed_inputs"});
  activate(c, Activation::sigmoid);
}

void import_tanh(ImportContext& c) {
  c.ignore({"consumed_inputs"});
  activate(c, Activation::tanh);
}

// Bounds that are no f32 constants.
void clip_by_operands(ImportContext& c) {
  int x = c.operand(0);
  const auto bound = [&](std::size_t i, Binary function) {
    if (c.has(i)) x = c.add(binary_op, {x, c.operand(i)}, BinaryAttributes{function});
  };
  bound(1, Binary::maximum);
  bound(2, Binary::minimum);
  c.set(0, x);
}

// Bounds are attributes before opset 11, operands since.
void import_clip(ImportContext& c) {
  c.ignore({"consumed_inputs"});
  constexpr float largest = std::numeric_limits<float>::max();
  float low = c.number("min", -largest), high = c.number("max", largest);
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}})
    if (c.has(i) && c.constant(c.operand(i)) == nullptr) return clip_by_operands(c);
  if (c.type(c.operand(0)) != DType::f32) return clip_by_operands(c);
  if (c.has(1)) low = c.number_of(c.operand(1), "min");
  if (c.has(2)) high = c.number_of(c.operand(2), "max");
  if (low == 0 && high == 6)
    activate(c, Activation::relu6);
  else if (low == 0 && high >= largest)
    activate(c, Activation::relu);
  else
    c.set(0, c.add(unary_op, {c.operand(0)}, UnaryAttributes{Unary::clip, low, high}));
}

// 1 at the first of the greatest numbers along the axis, else 0.
int hardmax(ImportContext& c, int x, int axis) {
  constexpr std::array off_on{0.0f, 1.0f};
  const int values = c.add_constant(Tensor::from({2}, off_on));
  const int first = c.add(arg_extreme_op, {x}, ArgAttributes{.axis = axis, .keep = false});
  return c.add(one_hot_op, {first, values},
               OneHotAttributes{.axis = axis, .depth = c.shape(x)[axis]});
}

// Before opset 13 the axes from `axis` on count as one.
void import_softmax(ImportContext& c) {
  const int x = c.f32(0);
  const Shape shape = c.shape(x);
  const bool flat = c.opset() < 13;
  const int axis = c.axis(c.integer("axis", flat ? 1 : -1), shape.rank());
  const auto along = [&](int operand, int over) {
    if (c.op() == "Hardmax") return hardmax(c, operand, over);
    const OpDef& op = c.op() == "Softmax" ? softmax_op : log_softmax_op;
    return c.add(op, {operand}, AxisAttributes{.axis = over});
  };
  if (!flat || axis == shape.rank() - 1) return c.set(0, along(x, axis));
  std::int64_t columns = 1;
  for (int i = axis; i < shape.rank(); ++i) columns *= shape[i];
  if (columns == 0) c.refuse("x of " + shape.text());
  const int rows = c.reshape(x, Shape{shape.elements() / columns, columns});
  c.set(0, c.reshape(along(rows, 1), shape));
}

constexpr OnnxRule rules[] = {
    {"Clip", import_clip},          {"Hardmax", import_softmax}, {"LeakyRelu", import_leaky_relu},
    {"LogSoftmax", import_softmax}, {"Relu", import_relu},       {"Sigmoid", import_sigmoid},
    {"Softmax", import_softmax},    {"Tanh", import_tanh},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_activation() { return rules; }

}  // namespace burin

// Relu, LeakyRelu, Sigmoid, Tanh, Clip as relu or relu6; Softmax, LogSoftmax.
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

// Bounds are attributes before opset 11, operands since.
void import_clip(ImportContext& c) {
  constexpr float largest = std::numeric_limits<float>::max();
  float low = c.number("min", -largest), high = c.number("max", largest);
  if (c.has(1)) low = c.number_of(c.operand(1), "min");
  if (c.has(2)) high = c.number_of(c.operand(2), "max");
  if (low == 0 && high == 6)
    activate(c, Activation::relu6);
  else if (low == 0 && high >= largest)
    activate(c, Activation::relu);
  else
    c.refuse("bounds other than 0 and 6");
}

// Before opset 13 the axes from `axis` on count as one.
void import_softmax(ImportContext& c) {
  const int x = c.f32(0);
  const Shape shape = c.shape(x);
  const bool flat = c.opset() < 13;
  const int axis = c.axis(c.integer("axis", flat ? 1 : -1), shape.rank());
  const OpDef& op = c.op() == "Softmax" ? softmax_op : log_softmax_op;
  if (!flat || axis == shape.rank() - 1)
    return c.set(0, c.add(op, {x}, AxisAttributes{.axis = axis}));
  std::int64_t columns = 1;
  for (int i = axis; i < shape.rank(); ++i) columns *= shape[i];
  if (columns == 0) c.refuse("x of " + shape.text());
  const int rows = c.reshape(x, Shape{shape.elements() / columns, columns});
  c.set(0, c.reshape(c.add(op, {rows}, AxisAttributes{.axis = 1}), shape));
}

constexpr OnnxRule rules[] = {
    {"Clip", import_clip}, {"LeakyRelu", import_leaky_relu}, {"LogSoftmax", import_softmax},
    {"Relu", import_relu}, {"Sigmoid", import_sigmoid},      {"Softmax", import_softmax},
    {"Tanh", import_tanh},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_activation() { return rules; }

}  // namespace burin

// Activations, softmax, glu, arithmetic, sums.
#include "io/onnx/writer.h"
#include "io/onnx/writer_activation.h"

namespace burin {
namespace {

void write_activate(ExportContext& c) {
  const auto& a = std::get<ActivationAttributes>(c.node().attributes);
  c.finish(add_activation(c, c.operand(0), a.activation, a.slope));
}

void write_add(ExportContext& c) {
  const auto& a = std::get<ActivationAttributes>(c.node().attributes);
  c.finish(add_activation(c, c.add("Add", c.operands()), a.activation, a.slope));
}

void write_subtract(ExportContext& c) { c.finish(c.add("Sub", c.operands())); }
void write_multiply(ExportContext& c) { c.finish(c.add("Mul", c.operands())); }

void write_scale(ExportContext& c) {
  const auto& a = std::get<ScaleAttributes>(c.node().attributes);
  std::string y = c.operand(0);
  if (a.scale != 1) y = c.add("Mul", {y, c.number("scale", a.scale)});
  if (a.shift != 0) y = c.add("Add", {y, c.number("shift", a.shift)});
  c.finish(y);
}

std::int64_t axis_of(ExportContext& c) {
  return std::get<AxisAttributes>(c.node().attributes).axis;
}

void write_softmax(ExportContext& c) {
  c.finish(c.add(c.node().op->name == "softmax" ? "Softmax" : "LogSoftmax", c.operands()));
  c.set("axis", axis_of(c));
}

void write_glu(ExportContext& c) {
  const std::int64_t axis = axis_of(c), half = c.node().shape[static_cast<int>(axis)];
  if (c.opens(static_cast<int>(axis))) c.refuse("halves along an axis that is not open", "another");
  const auto parts = c.add_many("Split", {c.operand(0), c.integers("halves", {half, half})}, 2);
  c.set("axis", axis);
  c.finish(c.add("Mul", {parts[0], c.add("Sigmoid", {parts[1]})}));
}

// Axes are an operand of ReduceSum since opset 13, of ReduceMean since 18.
void write_reduce(ExportContext& c) {
  const auto& a = std::get<AxesAttributes>(c.node().attributes);
  const bool sum = c.node().op->name == "sum";
  std::vector<std::int64_t> axes;
  for (const int axis : a.axes) axes.push_back(axis < 0 ? axis + c.shape(0).rank() : axis);
  std::vector<std::string> operands{c.operand(0)};
  const bool as_operand = sum || c.opset() >= 18;
  if (as_operand && !axes.empty()) operands.push_back(c.integers("axes", axes));
  c.finish(c.add(sum ? "ReduceSum" : "ReduceMean", operands));
  if (!as_operand && !axes.empty()) c.set("axes", axes);
  c.set("keepdims", std::int64_t{a.keep});
}

constexpr OnnxWriter writers[] = {
    {"activate", write_activate}, {"add", write_add},
    {"add_activate", write_add},  {"subtract", write_subtract},
    {"multiply", write_multiply}, {"scale", write_scale},
    {"softmax", write_softmax},   {"log_softmax", write_softmax},
    {"glu", write_glu},           {"sum", write_reduce},
    {"mean", write_reduce},
};

}  // namespace

std::string add_activation(ExportContext& c, const std::string& x, Activation activation,
                           float slope) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return c.add("Relu", {x});
    case Activation::sigmoid:
      return c.add("Sigmoid", {x});
    case Activation::tanh:
      return c.add("Tanh", {x});
    case Activation::relu6: {
      const std::string low = c.number("min", 0), high = c.number("max", 6);
      return c.add("Clip", {x, low, high});
    }
    case Activation::leaky_relu:
      break;
  }
  const std::string y = c.add("LeakyRelu", {x});
  c.set("alpha", slope);
  return y;
}

std::span<const OnnxWriter> onnx_writers_point() { return writers; }

}  // namespace burin

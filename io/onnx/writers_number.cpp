// Functions of one, two and three numbers, casts, reductions, running sums.
#include "io/onnx/writer.h"

namespace burin {
namespace {

// By the value of Unary; "": made of several.
constexpr std::string_view unary_names[] = {"Abs",      "Neg",
                                            "Exp",      "Log",
                                            "Sqrt",     "Reciprocal",
                                            "Floor",    "Ceil",
                                            "Round",    "Sign",
                                            "Sin",      "Cos",
                                            "Tan",      "Asin",
                                            "Acos",     "Atan",
                                            "Sinh",     "Cosh",
                                            "Asinh",    "Acosh",
                                            "Atanh",    "Erf",
                                            "Softplus", "Softsign",
                                            "Elu",      "Selu",
                                            "Celu",     "HardSigmoid",
                                            "",         "",
                                            "",         "",
                                            "Gelu",     "ThresholdedRelu",
                                            "Shrink",   "Clip"};

void set_parameters(ExportContext& c, const UnaryAttributes& a) {
  switch (a.function) {
    case Unary::elu:
    case Unary::celu:
    case Unary::thresholded_relu:
      c.set("alpha", a.a);
      break;
    case Unary::selu:
      c.set("alpha", a.a).set("gamma", a.b);
      break;
    case Unary::hard_sigmoid:
      c.set("alpha", a.a).set("beta", a.b);
      break;
    case Unary::shrink:
      c.set("lambd", a.a).set("bias", a.b);
      break;
    case Unary::gelu_tanh:
      c.set("approximate", "tanh");
      break;
    default:
      break;
  }
}

// x times this.
std::string gate(ExportContext& c, const UnaryAttributes& a, const std::string& x) {
  if (a.function == Unary::silu) return c.add("Sigmoid", {x});
  if (a.function == Unary::mish) return c.add("Tanh", {c.add("Softplus", {x})});
  if (a.function == Unary::hard_swish) {
    const std::string y = c.add("HardSigmoid", {x});
    c.set("alpha", a.a).set("beta", a.b);
    return y;
  }
  const std::string inside = c.add("Mul", {x, c.number("root_half", 0.70710678f)});
  const std::string sum = c.add("Add", {c.add("Erf", {inside}), c.number("one", 1)});
  return c.add("Mul", {sum, c.number("half", 0.5f)});
}

void write_unary(ExportContext& c) {
  const auto& a = std::get<UnaryAttributes>(c.node().attributes);
  const std::string x = c.operand(0);
  const std::string_view name = unary_names[static_cast<int>(a.function)];
  const bool composed = name.empty() || a.function == Unary::clip;
  if (composed && c.node().type != DType::f32)
    c.refuse("f32", std::string(dtype_name(c.node().type)));
  if (a.function == Unary::gelu_tanh && c.opset() < 20)
    c.refuse("opset 20 for gelu_tanh", std::to_string(c.opset()));
  if (a.function == Unary::clip)
    return c.finish(c.add("Clip", {x, c.number("min", a.a), c.number("max", a.b)}));
  if (name.empty()) return c.finish(c.add("Mul", {x, gate(c, a, x)}));
  c.finish(c.add(name, {x}));
  set_parameters(c, a);
}

void write_predicate(ExportContext& c) {
  const Predicate function = std::get<PredicateAttributes>(c.node().attributes).function;
  if (function == Predicate::opposite) return c.finish(c.add("Not", c.operands()));
  if (function == Predicate::is_nan) return c.finish(c.add("IsNaN", c.operands()));
  c.finish(c.add("IsInf", c.operands()));
  c.set("detect_positive", std::int64_t{function != Predicate::is_negative_infinity})
      .set("detect_negative", std::int64_t{function != Predicate::is_positive_infinity});
}

void write_binary(ExportContext& c) {
  const Binary function = std::get<BinaryAttributes>(c.node().attributes).function;
  constexpr std::string_view names[] = {"Add",   "Sub", "Mul", "Div", "Max",      "Min",
                                        "PRelu", "Pow", "Mod", "Mod", "BitShift", "BitShift"};
  const DType type = c.node().type;
  const bool real = type == DType::f32 || type == DType::f64;
  if (function == Binary::prelu && c.shape(0) != c.node().shape)
    c.refuse("a slope that is repeated", c.shape(1).text());
  if (function == Binary::modulo && real) c.refuse("whole numbers", "reals");
  if (function >= Binary::shift_left && type != DType::u8)
    c.refuse("shifts of u8", std::string(dtype_name(type)));
  c.finish(c.add(names[static_cast<int>(function)], c.operands()));
  if (function == Binary::modulo || function == Binary::remainder)
    c.set("fmod", std::int64_t{function == Binary::remainder});
  if (function >= Binary::shift_left)
    c.set("direction", function == Binary::shift_left ? "LEFT" : "RIGHT");
}

void write_compare(ExportContext& c) {
  constexpr std::string_view names[] = {"Equal",          "Less", "LessOrEqual", "Greater",
                                        "GreaterOrEqual", "And",  "Or",          "Xor"};
  const Comparison function = std::get<ComparisonAttributes>(c.node().attributes).function;
  c.finish(c.add(names[static_cast<int>(function)], c.operands()));
}

void write_where(ExportContext& c) { c.finish(c.add("Where", c.operands())); }

void write_cast(ExportContext& c) {
  c.finish(c.add("Cast", c.operands()));
  c.set("to", std::int64_t{onnx_type_of(c.node().type)});
}

// Axes are an operand since opset 18.
void write_reduce(ExportContext& c) {
  const auto& a = std::get<ReduceAttributes>(c.node().attributes);
  const std::string_view name = a.function == Reduction::maximum   ? "ReduceMax"
                                : a.function == Reduction::minimum ? "ReduceMin"
                                                                   : "ReduceProd";
  std::vector<std::int64_t> axes;
  for (const int axis : a.axes) axes.push_back(axis < 0 ? axis + c.shape(0).rank() : axis);
  std::vector<std::string> operands{c.operand(0)};
  if (c.opset() >= 18 && !axes.empty()) operands.push_back(c.integers("axes", axes));
  c.finish(c.add(name, operands));
  if (c.opset() < 18 && !axes.empty()) c.set("axes", axes);
  c.set("keepdims", std::int64_t{a.keep});
}

void write_arg_extreme(ExportContext& c) {
  const auto& a = std::get<ArgAttributes>(c.node().attributes);
  c.finish(c.add(a.smallest ? "ArgMin" : "ArgMax", c.operands()));
  c.set("axis", std::int64_t{a.axis})
      .set("keepdims", std::int64_t{a.keep})
      .set("select_last_index", std::int64_t{a.last});
}

void write_cumulative_sum(ExportContext& c) {
  const auto& a = std::get<CumulativeAttributes>(c.node().attributes);
  c.finish(c.add("CumSum", {c.operand(0), c.integers("axis", {a.axis})}));
  c.set("exclusive", std::int64_t{a.exclusive}).set("reverse", std::int64_t{a.reverse});
}

constexpr OnnxWriter writers[] = {
    {"unary", write_unary},
    {"predicate", write_predicate},
    {"binary", write_binary},
    {"compare", write_compare},
    {"where", write_where},
    {"cast", write_cast},
    {"reduce", write_reduce},
    {"arg_extreme", write_arg_extreme},
    {"cumulative_sum", write_cumulative_sum},
};

}  // namespace

std::span<const OnnxWriter> onnx_writers_number() { return writers; }

}  // namespace burin

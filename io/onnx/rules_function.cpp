// Functions of one number, and casts.
#include <algorithm>
#include <utility>

#include "engine/ops/all_ops.h"
#include "io/onnx/read_tensor.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

void apply(ImportContext& c, const UnaryAttributes& attributes) {
  c.ignore({"consumed_inputs"});
  c.set(0, c.add(unary_op, {c.operand(0)}, attributes));
}

void import_function(ImportContext& c) {
  constexpr std::pair<std::string_view, Unary> names[] = {{"Abs", Unary::absolute},
                                                          {"Acos", Unary::arc_cosine},
                                                          {"Acosh", Unary::arc_cosh},
                                                          {"Asin", Unary::arc_sine},
                                                          {"Asinh", Unary::arc_sinh},
                                                          {"Atan", Unary::arc_tangent},
                                                          {"Atanh", Unary::arc_tanh},
                                                          {"Ceil", Unary::ceil},
                                                          {"Cos", Unary::cosine},
                                                          {"Cosh", Unary::cosh},
                                                          {"Erf", Unary::error_function},
                                                          {"Exp", Unary::exponential},
                                                          {"Floor", Unary::floor},
                                                          {"Log", Unary::logarithm},
                                                          {"Mish", Unary::mish},
                                                          {"Neg", Unary::negative},
                                                          {"Reciprocal", Unary::reciprocal},
                                                          {"Round", Unary::round},
                                                          {"Sign", Unary::sign},
                                                          {"Sin", Unary::sine},
                                                          {"Sinh", Unary::sinh},
                                                          {"Softplus", Unary::softplus},
                                                          {"Softsign", Unary::softsign},
                                                          {"Sqrt", Unary::square_root},
                                                          {"Tan", Unary::tangent}};
  apply(c, {std::ranges::find(names, c.op(), &std::pair<std::string_view, Unary>::first)->second});
}

void import_elu(ImportContext& c) { apply(c, {Unary::elu, c.number("alpha", 1.0f)}); }
void import_celu(ImportContext& c) { apply(c, {Unary::celu, c.number("alpha", 1.0f)}); }
void import_selu(ImportContext& c) {
  const float alpha = c.number("alpha", c.opset() < 6 ? 1.6732f : 1.67326319217681884765625f);
  apply(c, {Unary::selu, alpha, c.number("gamma", 1.05070102214813232421875f)});
}
void import_hard_sigmoid(ImportContext& c) {
  const float alpha = c.number("alpha", 0.2f);
  apply(c, {Unary::hard_sigmoid, alpha, c.number("beta", 0.5f)});
}
void import_hard_swish(ImportContext& c) { apply(c, {Unary::hard_swish, 1.0f / 6.0f, 0.5f}); }
void import_gelu(ImportContext& c) {
  const std::string approximate = c.text("approximate", "none");
  if (approximate != "none" && approximate != "tanh") c.refuse("approximate " + approximate);
  apply(c, {approximate == "tanh" ? Unary::gelu_tanh : Unary::gelu});
}
void import_thresholded_relu(ImportContext& c) {
  apply(c, {Unary::thresholded_relu, c.number("alpha", 1.0f)});
}
void import_shrink(ImportContext& c) {
  const float lambda = c.number("lambd", 0.5f);
  apply(c, {Unary::shrink, lambda, c.number("bias", 0.0f)});
}

void hold(ImportContext& c, Predicate function) {
  c.set(0, c.add(predicate_op, {c.operand(0)}, PredicateAttributes{function}));
}
void import_not(ImportContext& c) { hold(c, Predicate::opposite); }
void import_is_nan(ImportContext& c) { hold(c, Predicate::is_nan); }
void import_is_inf(ImportContext& c) {
  const bool negative = c.integer("detect_negative", 1) != 0;
  const bool positive = c.integer("detect_positive", 1) != 0;
  if (!negative && !positive) c.refuse("no infinity");
  hold(c, negative && positive ? Predicate::is_infinite
          : negative           ? Predicate::is_negative_infinity
                               : Predicate::is_positive_infinity);
}

void import_cast(ImportContext& c) {
  c.ignore({"saturate"});  // of 8-bit reals
  if (c.op() == "CastLike") return c.set(0, add_cast(c, c.operand(0), c.type(c.operand(1))));
  const std::int64_t to = c.integer("to");
  const auto type = onnx_file::type_of(static_cast<int>(to));
  if (const auto* foreign = std::get_if<OnnxForeign>(&type)) c.refuse("to " + foreign->type);
  c.set(0, add_cast(c, c.operand(0), std::get<DType>(type)));
}

constexpr OnnxRule rules[] = {
    {"Abs", import_function},
    {"Acos", import_function},
    {"Acosh", import_function},
    {"Asin", import_function},
    {"Asinh", import_function},
    {"Atan", import_function},
    {"Atanh", import_function},
    {"Cast", import_cast},
    {"CastLike", import_cast},
    {"Ceil", import_function},
    {"Celu", import_celu},
    {"Cos", import_function},
    {"Cosh", import_function},
    {"Elu", import_elu},
    {"Erf", import_function},
    {"Exp", import_function},
    {"Floor", import_function},
    {"Gelu", import_gelu},
    {"HardSigmoid", import_hard_sigmoid},
    {"HardSwish", import_hard_swish},
    {"IsInf", import_is_inf},
    {"IsNaN", import_is_nan},
    {"Log", import_function},
    {"Mish", import_function},
    {"Neg", import_function},
    {"Not", import_not},
    {"Reciprocal", import_function},
    {"Round", import_function},
    {"Selu", import_selu},
    {"Shrink", import_shrink},
    {"Sign", import_function},
    {"Sin", import_function},
    {"Sinh", import_function},
    {"Softplus", import_function},
    {"Softsign", import_function},
    {"Sqrt", import_function},
    {"Tan", import_function},
    {"ThresholdedRelu", import_thresholded_relu},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_function() { return rules; }

}  // namespace burin

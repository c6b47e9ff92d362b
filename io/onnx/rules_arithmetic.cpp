// Functions of two numbers or more, with repeated axes: sums, products, comparisons, Where.
#include <algorithm>
#include <utility>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

// x with axes of size 1 in front, up to `rank`.
int widened(ImportContext& c, int x, int rank) {
  const Shape shape = c.shape(x);
  if (shape.rank() == rank) return x;
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank - shape.rank()), 1);
  sizes.insert(sizes.end(), shape.sizes().begin(), shape.sizes().end());
  return c.reshape(x, sizes);
}

// Opset 6: b stands for the axes of a from `axis` on, or for the last ones.
int broadcast_from(ImportContext& c, int a, int b) {
  c.ignore({"consumed_inputs"});
  if (c.integer("broadcast", 0) == 0 || !c.has_attribute("axis")) return b;
  const Shape from = c.shape(a), shape = c.shape(b);
  const int first = c.axis(c.integer("axis"), from.rank());
  if (first + shape.rank() > from.rank()) c.refuse("axis " + std::to_string(first));
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(from.rank()), 1);
  std::ranges::copy(shape.sizes(), sizes.begin() + first);
  return c.reshape(b, sizes);
}

struct Pair {
  int a, b;
};
Pair pair_of(ImportContext& c) {
  const int a = c.operand(0), b = c.operand(1);
  return {a, c.opset() < 7 ? broadcast_from(c, a, b) : b};
}

void import_binary(ImportContext& c, const OpDef& op, Attributes attributes) {
  const auto [a, b] = pair_of(c);
  c.set(0, add_aligned(c, op, a, b, std::move(attributes)));
}

void import_add(ImportContext& c) { import_binary(c, add_op, ActivationAttributes{}); }
void import_subtract(ImportContext& c) { import_binary(c, subtract_op, {}); }
void import_multiply(ImportContext& c) { import_binary(c, multiply_op, {}); }
void import_divide(ImportContext& c) {
  import_binary(c, binary_op, BinaryAttributes{Binary::divide});
}

// A remainder takes the sign of the divisor, with fmod that of the dividend.
void import_mod(ImportContext& c) {
  const bool fmod = c.integer("fmod", 0) != 0;
  import_binary(c, binary_op, BinaryAttributes{fmod ? Binary::remainder : Binary::modulo});
}

void import_shift(ImportContext& c) {
  const std::string direction = c.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") c.refuse("direction " + direction);
  const Binary function = direction == "LEFT" ? Binary::shift_left : Binary::shift_right;
  import_binary(c, binary_op, BinaryAttributes{function});
}

// The power of a constant that a cheaper node computes, or -1.
int short_power(ImportContext& c, int x, int exponent) {
  const Tensor* constant = c.constant(exponent);
  if (constant == nullptr || constant->elements() != 1 || c.shape(exponent).rank() > 0) return -1;
  const float value = constant->to_vector()[0];
  const bool real = c.type(x) == DType::f32 || c.type(x) == DType::f64;
  if (value == 1) return x;
  if (value == 2) return c.add(multiply_op, {x, x});
  if (value == 0.5f && real) return c.add(unary_op, {x}, UnaryAttributes{Unary::square_root});
  return -1;
}

// The result has the type of the base. A whole base with a real exponent goes through f64.
void import_pow(ImportContext& c) {
  const auto [base, exponent] = pair_of(c);
  if (const int id = short_power(c, base, exponent); id >= 0) return c.set(0, id);
  const DType type = c.type(base);
  const bool real = type == DType::f32 || type == DType::f64;
  const bool real_exponent = c.type(exponent) == DType::f32 || c.type(exponent) == DType::f64;
  const DType common = real ? type : real_exponent ? DType::f64 : DType::i64;
  const int power = c.add(binary_op, {add_cast(c, base, common), add_cast(c, exponent, common)},
                          BinaryAttributes{Binary::power});
  c.set(0, add_cast(c, power, type));
}

// Opset 6: one slope, or one a channel.
void import_prelu(ImportContext& c) {
  const int x = c.operand(0);
  int slope = c.operand(1);
  const Shape shape = c.shape(slope);
  if (c.opset() < 7 && shape.rank() == 1 && c.shape(x).rank() > 2) {
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(c.shape(x).rank() - 1), 1);
    sizes[0] = shape[0];
    slope = c.reshape(slope, sizes);
  }
  c.ignore({"consumed_inputs"});
  c.set(0, add_aligned(c, binary_op, x, slope, BinaryAttributes{Binary::prelu}));
}

// Sum, Mean, Max, Min of any number of operands.
void import_all(ImportContext& c) {
  c.ignore({"consumed_inputs"});
  const bool adds = c.op() == "Sum" || c.op() == "Mean";
  const Binary function = c.op() == "Max" ? Binary::maximum : Binary::minimum;
  int all = c.operand(0);
  for (std::size_t i = 1; i < c.operands(); ++i)
    all = adds ? add_aligned(c, add_op, all, c.operand(i), ActivationAttributes{})
               : add_aligned(c, binary_op, all, c.operand(i), BinaryAttributes{function});
  if (c.op() == "Mean" && c.operands() > 1) {
    const int count = add_scalar(c, c.type(all), static_cast<double>(c.operands()));
    all = c.add(binary_op, {all, count}, BinaryAttributes{Binary::divide});
  }
  c.set(0, all);
}

void import_comparison(ImportContext& c) {
  constexpr std::pair<std::string_view, Comparison> names[] = {
      {"Equal", Comparison::equal},
      {"Less", Comparison::less},
      {"LessOrEqual", Comparison::less_or_equal},
      {"Greater", Comparison::greater},
      {"GreaterOrEqual", Comparison::greater_or_equal},
      {"And", Comparison::both},
      {"Or", Comparison::either},
      {"Xor", Comparison::one}};
  const auto found =
      std::ranges::find(names, c.op(), &std::pair<std::string_view, Comparison>::first);
  import_binary(c, compare_op, ComparisonAttributes{found->second});
}

void import_where(ImportContext& c) {
  c.set(0, c.add(where_op, {c.operand(0), c.operand(1), c.operand(2)}));
}

constexpr OnnxRule rules[] = {
    {"Add", import_add},
    {"And", import_comparison},
    {"BitShift", import_shift},
    {"Div", import_divide},
    {"Equal", import_comparison},
    {"Greater", import_comparison},
    {"GreaterOrEqual", import_comparison},
    {"Less", import_comparison},
    {"LessOrEqual", import_comparison},
    {"Max", import_all},
    {"Mean", import_all},
    {"Min", import_all},
    {"Mod", import_mod},
    {"Mul", import_multiply},
    {"Or", import_comparison},
    {"PRelu", import_prelu},
    {"Pow", import_pow},
    {"Sub", import_subtract},
    {"Sum", import_all},
    {"Where", import_where},
    {"Xor", import_comparison},
};

}  // namespace

int add_aligned(ImportContext& c, const OpDef& op, int a, int b, Attributes attributes) {
  const int rank = std::max(c.shape(a).rank(), c.shape(b).rank());
  return c.add(op, {widened(c, a, rank), widened(c, b, rank)}, std::move(attributes));
}

int add_cast(ImportContext& c, int x, DType type) {
  return c.type(x) == type ? x : c.add(cast_op, {x}, CastAttributes{.type = type});
}

int add_scalar(ImportContext& c, DType type, double value) {
  const Tensor number = Tensor::empty(Shape(), DType::f64);
  *number.data<double>() = value;
  return add_cast(c, c.add_constant(number), type);
}

std::span<const OnnxRule> onnx_rules_arithmetic() { return rules; }

}  // namespace burin

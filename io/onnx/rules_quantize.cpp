// Quantized numbers: QuantizeLinear and its kin; products in i32, scaled back where the operator
// says so.
#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"
#include "io/onnx/window.h"

namespace burin {
namespace {

// An optional operand of rank 1, or -1.
int vector_or_none(ImportContext& c, std::size_t i) {
  if (!c.has(i)) return -1;
  const int id = c.operand(i);
  return c.shape(id).rank() == 0 ? c.reshape(id, Shape{1}) : id;
}

int axis_of_scale(ImportContext& c, int x) {
  const std::int64_t written = c.integer("axis", 1);
  if (c.integer("block_size", 0) != 0) c.refuse("block_size");
  c.ignore({"saturate", "precision"});  // of 8-bit reals
  return c.shape(c.operand(1)).elements() == 1 ? 0 : c.axis(written, c.shape(x).rank());
}

void import_quantize(ImportContext& c) {
  const int x = c.f32(0), zero = vector_or_none(c, 2);
  if (c.integer("output_dtype", 0) != 0 && zero < 0) c.refuse("output_dtype");
  QuantizeAttributes a{.axis = axis_of_scale(c, x), .type = zero < 0 ? DType::u8 : c.type(zero)};
  c.set(0, c.add(quantize_op, {x, c.f32(1), zero}, a));
}

void import_dequantize(ImportContext& c) {
  const int x = c.operand(0), zero = vector_or_none(c, 2);
  const QuantizeAttributes a{.axis = axis_of_scale(c, x), .type = c.type(x)};
  if (zero >= 0 && c.type(zero) != c.type(x)) c.refuse("a zero point of another type than x");
  c.set(0, c.add(dequantize_op, {x, c.f32(1), zero}, a));
}

// scale = (max(0, x) - min(0, x)) / 255, zero = round(-min / scale), y = x quantized by them
void import_dynamic_quantize(ImportContext& c) {
  const int x = c.f32(0), nothing = add_scalar(c, DType::f32, 0);
  const auto extreme = [&](Reduction reduction, Binary function) {
    const int of_x = c.add(reduce_op, {x}, ReduceAttributes{reduction, {}, false});
    return c.add(binary_op, {of_x, nothing}, BinaryAttributes{function});
  };
  const int high = extreme(Reduction::maximum, Binary::maximum);
  const int low = extreme(Reduction::minimum, Binary::minimum);
  const BinaryAttributes divide{Binary::divide};
  const int scale =
      c.add(binary_op, {c.add(subtract_op, {high, low}), add_scalar(c, DType::f32, 255)}, divide);
  const int from_zero = c.add(binary_op, {c.add(subtract_op, {nothing, low}), scale}, divide);
  const int clipped = c.add(unary_op, {from_zero}, UnaryAttributes{Unary::clip, 0.0f, 255.0f});
  const int zero =
      add_cast(c, c.add(unary_op, {clipped}, UnaryAttributes{Unary::round}), DType::u8);
  c.set(0,
        c.add(quantize_op, {x, scale, c.reshape(zero, Shape{1})}, QuantizeAttributes{.axis = 0}));
  c.set(1, scale);
  c.set(2, zero);
}

int integer_conv(ImportContext& c, int x, int weight, int x_zero, int weight_zero) {
  const Shape kernel = c.shape(weight);
  if (kernel.rank() < 3) c.refuse("a weight of " + kernel.text());
  const OnnxWindow window = read_window(c, c.shape(x), kernel.sizes().subspan(2));
  const std::int64_t groups = c.integer("group", 1);
  if (groups < 1 || groups > 1 << 24) c.refuse("group " + std::to_string(groups));
  return c.add(integer_conv_op, {x, weight, x_zero, weight_zero},
               ConvAttributes{.kernel = window.kernel,
                              .stride = window.stride,
                              .dilation = window.dilation,
                              .pad_begin = window.pad_begin,
                              .pad_end = window.pad_end,
                              .groups = static_cast<int>(groups)});
}

void import_conv_integer(ImportContext& c) {
  c.set(0, integer_conv(c, c.operand(0), c.operand(1), vector_or_none(c, 2), vector_or_none(c, 3)));
}

void import_matmul_integer(ImportContext& c) {
  c.set(0, c.add(integer_matmul_op,
                 {c.operand(0), c.operand(1), vector_or_none(c, 2), vector_or_none(c, 3)}));
}

// A scale as [n, 1, ..], so that its entries stand for the axis `from_end` from the end.
int scale_for(ImportContext& c, int scale, int from_end) {
  if (c.shape(scale).elements() == 1) return c.reshape(scale, Shape());
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(from_end), 1);
  sizes[0] = c.shape(scale).elements();
  return c.reshape(scale, sizes);
}

// Sums in i32 times both scales, quantized by operands `i` (scale) and i + 1 (zero).
void set_scaled(ImportContext& c, int sums, int a_scale, int b_scale, std::size_t i) {
  const int scale = c.add(multiply_op, {a_scale, b_scale});
  const int real = c.add(multiply_op, {add_cast(c, sums, DType::f32), scale});
  const int zero = vector_or_none(c, i + 1);
  c.set(0, c.add(quantize_op, {real, c.f32(i), zero},
                 QuantizeAttributes{.axis = 0, .type = c.type(zero)}));
}

// x, scale, zero; weight, scale, zero; scale, zero of the result; bias in i32
void import_qlinear_conv(ImportContext& c) {
  int sums =
      integer_conv(c, c.operand(0), c.operand(3), vector_or_none(c, 2), vector_or_none(c, 5));
  const int spatial = c.shape(sums).rank() - 1;
  if (c.has(8))
    sums = c.add(add_op, {sums, scale_for(c, c.operand(8), spatial)}, ActivationAttributes{});
  set_scaled(c, sums, scale_for(c, c.f32(1), spatial), scale_for(c, c.f32(4), spatial), 6);
}

// a, scale, zero; b, scale, zero; scale, zero of the result
void import_qlinear_matmul(ImportContext& c) {
  const int sums = c.add(integer_matmul_op,
                         {c.operand(0), c.operand(3), vector_or_none(c, 2), vector_or_none(c, 5)});
  set_scaled(c, sums, scale_for(c, c.f32(1), 2), scale_for(c, c.f32(4), 1), 6);
}

constexpr OnnxRule rules[] = {
    {"ConvInteger", import_conv_integer},
    {"DequantizeLinear", import_dequantize},
    {"DynamicQuantizeLinear", import_dynamic_quantize},
    {"MatMulInteger", import_matmul_integer},
    {"QLinearConv", import_qlinear_conv},
    {"QLinearMatMul", import_qlinear_matmul},
    {"QuantizeLinear", import_quantize},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_quantize() { return rules; }

}  // namespace burin

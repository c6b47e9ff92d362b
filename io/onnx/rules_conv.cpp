// Conv, ConvTranspose; Gemm, MatMul.
#include <algorithm>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"
#include "io/onnx/window.h"

namespace burin {
namespace {

ConvAttributes conv_attributes(ImportContext& c, const OnnxWindow& window) {
  const std::int64_t groups = c.integer("group", 1);
  if (groups < 1 || groups > 1 << 24) c.refuse("group " + std::to_string(groups));
  return {.kernel = window.kernel,
          .stride = window.stride,
          .dilation = window.dilation,
          .pad_begin = window.pad_begin,
          .pad_end = window.pad_end,
          .groups = static_cast<int>(groups)};
}

std::span<const std::int64_t> kernel_of(ImportContext& c, int weight) {
  if (c.shape(weight).rank() < 3) c.refuse("a weight of " + c.shape(weight).text());
  return c.shape(weight).sizes().subspan(2);
}

void import_conv(ImportContext& c) {
  const int x = c.f32(0), weight = c.f32(1), bias = c.optional_f32(2);
  const OnnxWindow window = read_window(c, c.shape(x), kernel_of(c, weight));
  c.set(0, c.add(conv_op, {x, weight, bias}, conv_attributes(c, window)));
}

// auto_pad and output_shape state the size of the result; the pads follow from it:
// pads = stride*(in - 1) + output_padding + reach - out, and what is negative lengthens the result.
void fit_output(ImportContext& c, const Shape& x, OnnxWindow& window, ConvAttributes& a) {
  const auto written = c.integers("output_shape");
  const bool same = window.auto_pad.starts_with("SAME");
  if (!written && !same) return;
  const int rank = x.rank(), spatial = rank - 2;
  if (written && static_cast<int>(written->size()) != spatial)
    c.refuse("output_shape of " + std::to_string(written->size()) + " numbers");
  for (int i = 0; i < spatial; ++i) {
    const std::size_t axis = window_axis(i, rank);
    const std::int64_t in = x[i + 2], stride = a.stride[axis];
    const std::int64_t out = written ? (*written)[static_cast<std::size_t>(i)] : in * stride;
    const std::int64_t total =
        stride * (in - 1) + a.output_padding[axis] + window.reach(axis) - out;
    if (out < 1 || total > 1 << 24 || total < -stride)
      c.refuse("an output of " + std::to_string(out) + " from " + std::to_string(in));
    const int pads = static_cast<int>(std::max<std::int64_t>(0, total));
    a.output_padding[axis] += static_cast<int>(pads - total);
    a.pad_begin[axis] = window.auto_pad == "SAME_UPPER" ? pads / 2 : pads - pads / 2;
    a.pad_end[axis] = pads - a.pad_begin[axis];
  }
}

void import_conv_transpose(ImportContext& c) {
  const int x = c.f32(0), weight = c.f32(1), bias = c.optional_f32(2);
  OnnxWindow window = read_window(c, c.shape(x), kernel_of(c, weight));
  ConvAttributes a = conv_attributes(c, window);
  a.output_padding = spatial_attribute(c, "output_padding", c.shape(x).rank(), 0);
  for (int axis = 0; axis < 5 - c.shape(x).rank(); ++axis)
    a.output_padding[static_cast<std::size_t>(axis)] = 0;
  fit_output(c, c.shape(x), window, a);
  c.set(0, c.add(conv_transpose_op, {x, weight, bias}, a));
}

int transposed(ImportContext& c, int matrix) {
  return c.add(transpose_op, {matrix}, TransposeAttributes{.order = {1, 0}});
}

int scaled(ImportContext& c, int x, float factor) {
  return factor == 1 ? x : c.add(scale_op, {x}, ScaleAttributes{.scale = factor});
}

void require_matrix(const ImportContext& c, int id) {
  if (c.shape(id).rank() != 2) c.refuse("an operand of " + c.shape(id).text());
}

// x [n,k] * w [k,m], w given as [m,k]: a weight that stays is packed once.
int dense(ImportContext& c, int x, int weight, int bias) {
  return c.add(linear_op, {x, weight, bias}, LinearAttributes{});
}

// [m] from a bias of m numbers in one row, or -1: then it is added on its own.
int bias_row(ImportContext& c, int bias, std::int64_t outputs) {
  const Shape& shape = c.shape(bias);
  const bool row =
      shape.elements() == outputs && shape.rank() >= 1 && shape[shape.rank() - 1] == outputs;
  return row ? c.reshape(bias, Shape{outputs}) : -1;
}

// y = alpha * a' * b' + beta * c
void import_gemm(ImportContext& c) {
  int a = c.f32(0), b = c.f32(1), bias = c.optional_f32(2);
  require_matrix(c, a);
  require_matrix(c, b);
  c.ignore({"broadcast"});  // of opset 6: it always may
  const float alpha = c.number("alpha", 1), beta = c.number("beta", 1);
  if (c.integer("transA", 0) != 0) a = transposed(c, a);
  const bool outputs_first = c.integer("transB", 0) != 0;  // b is [m,k]
  const std::int64_t outputs = c.shape(b)[outputs_first ? 0 : 1];
  if (bias >= 0) bias = beta == 0 ? -1 : scaled(c, bias, beta);
  if (c.constant(b) == nullptr && !outputs_first) {
    const int product = scaled(c, c.add(matmul_op, {a, b}), alpha);
    if (bias < 0) return c.set(0, product);
    return c.set(0, add_aligned(c, add_op, product, bias, ActivationAttributes{}));
  }
  const int weight = scaled(c, outputs_first ? b : transposed(c, b), alpha);
  const int row = bias < 0 ? -1 : bias_row(c, bias, outputs);
  const int product = dense(c, a, weight, row);
  c.set(0, bias < 0 || row >= 0 ? product
                                : add_aligned(c, add_op, product, bias, ActivationAttributes{}));
}

// A vector counts as one row (in front) or one column (behind), which the result has not.
void import_matmul(ImportContext& c) {
  int x = c.f32(0), b = c.f32(1);
  const bool row = c.shape(x).rank() == 1, column = c.shape(b).rank() == 1;
  if (row) x = c.reshape(x, Shape{1, c.shape(x)[0]});
  if (column) b = c.reshape(b, Shape{c.shape(b)[0], 1});
  const Shape shape = c.shape(x), matrix = c.shape(b);
  if (shape.rank() < 2 || matrix.rank() < 2) c.refuse("a scalar");
  int product = -1;
  if (matrix.rank() == 2) {
    const std::int64_t depth = shape[shape.rank() - 1];
    const int flat = c.reshape(x, Shape{depth == 0 ? 0 : shape.elements() / depth, depth});
    product =
        c.reshape(dense(c, flat, transposed(c, b), -1), shape.with(shape.rank() - 1, matrix[1]));
  } else {
    product = c.add(matmul_op, {x, b});
  }
  const Shape full = c.shape(product);
  std::vector<std::int64_t> sizes(full.sizes().begin(), full.sizes().end());
  if (column) sizes.pop_back();
  if (row) sizes.erase(sizes.end() - (column ? 1 : 2));
  c.set(0, c.reshape(product, sizes));
}

constexpr OnnxRule rules[] = {
    {"Conv", import_conv},
    {"ConvTranspose", import_conv_transpose},
    {"Gemm", import_gemm},
    {"MatMul", import_matmul},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_conv() { return rules; }

}  // namespace burin

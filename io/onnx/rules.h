// One span of rules a family.
#pragma once

#include <span>

#include "io/onnx/rule.h"

namespace burin {

[[nodiscard]] std::span<const OnnxRule> onnx_rules_conv();        // convolutions, dense layers
[[nodiscard]] std::span<const OnnxRule> onnx_rules_pool();        // pools
[[nodiscard]] std::span<const OnnxRule> onnx_rules_norm();        // norms
[[nodiscard]] std::span<const OnnxRule> onnx_rules_activation();  // Relu, Softmax, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_arithmetic();  // Add, Pow, Equal, Where, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_function();    // Exp, Elu, Cast, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_reduce();      // ReduceMax, ArgMax, CumSum, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_index();       // Gather, Scatter, OneHot, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_quantize();  // QuantizeLinear, ConvInteger, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_statistics();  // LayerNormalization, LRN, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_einsum();      // Einsum
[[nodiscard]] std::span<const OnnxRule> onnx_rules_fill();        // Range, Expand, Tile, Trilu, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_shape();       // Reshape, Flatten, Constant, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_move();        // Concat, Split, Slice, Pad
[[nodiscard]] std::span<const OnnxRule> onnx_rules_resize();      // Resize, Upsample

// x in another type.
int add_cast(ImportContext& c, int x, DType type);
// A constant of rank 0.
int add_scalar(ImportContext& c, DType type, double value);
// a (op) b, the shorter shape with axes of size 1 in front.
int add_aligned(ImportContext& c, const OpDef& op, int a, int b, Attributes attributes);

}  // namespace burin

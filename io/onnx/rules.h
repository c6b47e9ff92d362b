// One span of rules a family.
#pragma once

#include <span>

#include "io/onnx/rule.h"

namespace burin {

[[nodiscard]] std::span<const OnnxRule> onnx_rules_conv();        // convolutions, dense layers
[[nodiscard]] std::span<const OnnxRule> onnx_rules_pool();        // pools
[[nodiscard]] std::span<const OnnxRule> onnx_rules_norm();        // norms
[[nodiscard]] std::span<const OnnxRule> onnx_rules_activation();  // Relu, Softmax, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_arithmetic();  // Add, Sub, Mul, sums
[[nodiscard]] std::span<const OnnxRule> onnx_rules_shape();       // Reshape, Flatten, Constant, ...
[[nodiscard]] std::span<const OnnxRule> onnx_rules_move();        // Concat, Split, Slice, Pad
[[nodiscard]] std::span<const OnnxRule> onnx_rules_resize();      // Resize, Upsample

// a (op) b, the shorter shape with axes of size 1 in front.
int add_aligned(ImportContext& c, const OpDef& op, int a, int b, Attributes attributes);

}  // namespace burin

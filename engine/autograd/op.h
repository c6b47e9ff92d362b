// The definition of an op: one constant, made in the file that holds its infer, forward and
// backward.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/autograd/attributes.h"
#include "engine/tensor/tensor.h"
#include "kernels/precision.h"

namespace burin {

using kernels::Precision;

// What backward reads besides dy; the tape drops the rest at once.
enum class Needs : unsigned { nothing = 0, inputs = 1, output = 2, inputs_and_output = 3 };

// What forward is given. `saved` is for numbers that backward wants back (batch statistics, pool
// indices); in inference it is thrown away.
struct ForwardContext {
  std::span<const Tensor> inputs;  // undefined where an optional input is absent
  const Attributes& attributes;
  bool training = false;
  std::vector<Tensor>& saved;
  // Where the result is wanted, or undefined: a tensor of the inferred shape and type, channels last
  // with a pixel stride, that overlaps no input.
  Tensor target{};
  Precision precision = Precision::f32;  // of the products of conv, transposed conv and dense

  // The tensor to write the result to: `target`, or a fresh one of that shape.
  [[nodiscard]] Tensor output(const Shape& shape, DType type = DType::f32) const;
};

struct BackwardContext {
  std::span<const Tensor> inputs;  // undefined unless the op needs inputs
  const Tensor& output;            // undefined unless the op needs its output
  const Tensor& dy;
  const Attributes& attributes;
  std::span<const Tensor> saved;
  std::span<const Shape> input_shapes;
  std::span<const bool> wants;  // which inputs need a gradient
  std::span<Tensor>
      gradients;  // to be set for those; same shape as the input, a fresh tensor or dy itself
  Precision precision = Precision::f32;  // as of the forward pass
};

struct StepRequest;  // engine/ops/step.h
struct Step;

struct OpDef {
  std::string_view name;  // neutral name: "conv", "relu"
  // Shape of the output. Throws Error{name, expected, got}.
  Shape (*infer)(std::span<const Shape> inputs, const Attributes& attributes);
  // The result: context.output(...) filled, or a view of an input, or a tensor of its own.
  Tensor (*forward)(ForwardContext& context);
  void (*backward)(BackwardContext& context);  // null: not differentiable
  Needs needs = Needs::inputs;
  // The first so many inputs must be present. A later one may be absent: an empty Value stands in
  // its place, infer sees a scalar there, so a scalar is refused.
  std::size_t required = std::numeric_limits<std::size_t>::max();
  // Multiply-accumulates by the rule of docs/measuring.md (conv, transposed conv and dense only);
  // null: 0.
  std::int64_t (*macs)(std::span<const Shape> inputs, const Attributes& attributes) = nullptr;
  // Type of the output; null: that of the first input. Throws Error{name, expected, got}.
  DType (*infer_type)(std::span<const DType> inputs, const Attributes& attributes) = nullptr;
  // Chooses a kernel and binds it to tensors that stay; null: a program calls forward.
  Step (*plan)(const StepRequest& request) = nullptr;
  // Where the result lies inside of the first input's memory; empty when it must be copied. Null:
  // the op computes.
  std::optional<Layout> (*view)(const Layout& input, const Attributes& attributes) = nullptr;
  // The target may be the first input itself (same memory, same layout).
  bool in_place = false;
  // In inference: bf16 operands (those that are not constants) give a bf16 result.
  bool keeps_bf16 = false;
};

// Type of the output of an op; absent inputs stand as f32.
[[nodiscard]] DType infer_type(const OpDef& op, std::span<const DType> inputs,
                               const Attributes& attributes);

// The result in inference; `target` as in ForwardContext.
[[nodiscard]] Tensor evaluate(const OpDef& op, std::span<const Tensor> inputs,
                              const Attributes& attributes, const Tensor& target = {});

// Every op of the engine, once; tests walk it.
[[nodiscard]] std::span<const OpDef* const> all_ops() noexcept;

}  // namespace burin

// y = (x - zero) * scale
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/quantized.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

using Quantized = Types<std::uint8_t, std::int8_t, std::int32_t>;

// The axis that the scales stand for; 0 where there is one scale.
int axis_in(const Shape& x, const Shape& scale, const Attributes& attributes) {
  if (scale.elements() == 1) return 0;
  return axis_of("dequantize", x, std::get<QuantizeAttributes>(attributes).axis);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const int axis = axis_in(inputs[0], inputs[1], attributes);
  const std::int64_t entries = inputs[1].elements() == 1 ? 1 : inputs[0][axis];
  check_per_entry("dequantize", "scale", inputs[1], entries);
  check_per_entry("dequantize", "zero", inputs[2], entries);
  return inputs[0];
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type("dequantize", inputs[0], Quantized{}));
  return require_type("dequantize", inputs[1], Types<float>{});
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &zero = context.inputs[2];
  if (zero && zero.dtype() != x.dtype())
    throw Error("dequantize", "a zero point of type " + std::string(dtype_name(x.dtype())),
                std::string(dtype_name(zero.dtype())));
  const int rank = x.shape().rank();
  const int axis = axis_in(x.shape(), context.inputs[1].shape(), context.attributes);
  const Tensor scale = along_axis(context.inputs[1], rank, axis);
  const Tensor y = context.output(x.shape());
  for_type("dequantize", x.dtype(), Quantized{}, [&](auto type) {
    using T = decltype(type);
    if (!zero)
      return map_numbers<float, T, float>(y, {x, scale},
                                          [](T v, float s) { return static_cast<float>(v) * s; });
    map_numbers<float, T, float, T>(
        y, {x, scale, along_axis(zero, rank, axis)}, [](T v, float s, T z) {
          return static_cast<float>(std::int64_t{v} - std::int64_t{z}) * s;
        });
  });
  return y;
}

}  // namespace

const OpDef dequantize_op{.name = "dequantize",
                          .infer = infer,
                          .forward = forward,
                          .backward = nullptr,
                          .needs = Needs::nothing,
                          .required = 2,
                          .infer_type = type};

Value dequantize(const Value& x, const Value& scale, const Value& zero,
                 const QuantizeAttributes& attributes) {
  return x.tape().record(dequantize_op, {x, scale, zero}, attributes);
}

}  // namespace burin

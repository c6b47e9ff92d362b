// y = saturate(round(x / scale) + zero), halves to even
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/element_types.h"
#include "engine/ops/ops.h"
#include "engine/ops/quantized.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

using Bytes = Types<std::uint8_t, std::int8_t>;

const QuantizeAttributes& read(const Attributes& attributes) {
  return std::get<QuantizeAttributes>(attributes);
}

// The axis that the scales stand for; 0 where there is one scale.
int axis_in(const Shape& x, const Shape& scale, const Attributes& attributes) {
  return scale.elements() == 1 ? 0 : axis_of("quantize", x, read(attributes).axis);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const int axis = axis_in(inputs[0], inputs[1], attributes);
  const std::int64_t entries = inputs[1].elements() == 1 ? 1 : inputs[0][axis];
  check_per_entry("quantize", "scale", inputs[1], entries);
  check_per_entry("quantize", "zero", inputs[2], entries);
  return inputs[0];
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  static_cast<void>(require_type("quantize", inputs[0], Types<float>{}));
  static_cast<void>(require_type("quantize", inputs[1], Types<float>{}));
  return require_type("quantize", read(attributes).type, Bytes{});
}

template <class T>
T quantized(float x, float scale, int zero) {
  const double value = std::nearbyint(static_cast<double>(x / scale)) + zero;
  if (std::isnan(value)) return 0;
  using Limits = std::numeric_limits<T>;
  return static_cast<T>(std::clamp<double>(value, Limits::min(), Limits::max()));
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &zero = context.inputs[2];
  const auto& a = read(context.attributes);
  if (zero && zero.dtype() != a.type)
    throw Error("quantize", "a zero point of type " + std::string(dtype_name(a.type)),
                std::string(dtype_name(zero.dtype())));
  const int rank = x.shape().rank();
  const int axis = axis_in(x.shape(), context.inputs[1].shape(), context.attributes);
  const Tensor scale = along_axis(context.inputs[1], rank, axis);
  const Tensor y = context.output(x.shape(), a.type);
  for_type("quantize", a.type, Bytes{}, [&](auto type) {
    using T = decltype(type);
    if (!zero)
      return map_numbers<T, float, float>(y, {x, scale},
                                          [](float v, float s) { return quantized<T>(v, s, 0); });
    map_numbers<T, float, float, T>(y, {x, scale, along_axis(zero, rank, axis)},
                                    [](float v, float s, T z) { return quantized<T>(v, s, z); });
  });
  return y;
}

}  // namespace

const OpDef quantize_op{.name = "quantize",
                        .infer = infer,
                        .forward = forward,
                        .backward = nullptr,
                        .needs = Needs::nothing,
                        .required = 2,
                        .infer_type = type};

Value quantize(const Value& x, const Value& scale, const Value& zero,
               const QuantizeAttributes& attributes) {
  return x.tape().record(quantize_op, {x, scale, zero}, attributes);
}

}  // namespace burin

// y = saturate(round(x / scale) + zero), halves to even
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/quantized.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

constexpr std::string_view name = "quantize";

const QuantizeAttributes& read(const Attributes& attributes) {
  return std::get<QuantizeAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_scaled(name, inputs, read(attributes));
}

DType type(std::span<const DType> inputs, const Attributes& attributes) {
  static_cast<void>(require_type(name, inputs[0], Types<float>{}));
  static_cast<void>(require_type(name, inputs[1], Types<float>{}));
  return require_type(name, read(attributes).type, Bytes{});
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
  check_zero_type(name, zero, a.type);
  const int rank = x.shape().rank();
  const int axis = scale_axis(name, x.shape(), context.inputs[1].shape(), a);
  const Tensor scale = along_axis(context.inputs[1], rank, axis);
  const Tensor y = context.output(x.shape(), a.type);
  for_type(name, a.type, Bytes{}, [&](auto type) {
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

const OpDef quantize_op{.name = name,
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

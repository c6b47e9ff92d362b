// y = (x - zero) * scale
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"
#include "engine/ops/quantized.h"
#include "engine/ops/strided.h"

namespace burin {
namespace {

constexpr std::string_view name = "dequantize";
using Quantized = Types<std::uint8_t, std::int8_t, std::int32_t>;

const QuantizeAttributes& read(const Attributes& attributes) {
  return std::get<QuantizeAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_scaled(name, inputs, read(attributes));
}

DType type(std::span<const DType> inputs, const Attributes&) {
  static_cast<void>(require_type(name, inputs[0], Quantized{}));
  return require_type(name, inputs[1], Types<float>{});
}

Tensor forward(ForwardContext& context) {
  const Tensor &x = context.inputs[0], &zero = context.inputs[2];
  check_zero_type(name, zero, x.dtype());
  const int rank = x.shape().rank();
  const int axis = scale_axis(name, x.shape(), context.inputs[1].shape(), read(context.attributes));
  const Tensor scale = along_axis(context.inputs[1], rank, axis);
  const Tensor y = context.output(x.shape());
  for_type(name, x.dtype(), Quantized{}, [&](auto type) {
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

const OpDef dequantize_op{.name = name,
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

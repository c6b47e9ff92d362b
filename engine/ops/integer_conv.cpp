// y[n,o,p] = sum over taps and channels of (x - x_zero) * (weight - weight_zero), in i32; padding
// counts as x_zero
#include "engine/ops/all_ops.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/grain.h"
#include "engine/ops/ops.h"
#include "engine/ops/pool_shape.h"
#include "engine/ops/quantized.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

constexpr std::string_view name = "integer_conv";

const ConvAttributes& read(const Attributes& attributes) {
  return std::get<ConvAttributes>(attributes);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const Shape shapes[] = {inputs[0], inputs[1], Shape()};
  const Shape y = infer_conv(shapes, read(attributes));
  check_per_entry(name, "x_zero", inputs[2], 1);
  check_per_entry(name, "weight_zero", inputs[3], y.channels());
  return y;
}

DType type(std::span<const DType> inputs, const Attributes&) {
  return integer_product_type(name, inputs);
}

// [outputs][taps][channels of a group], zero points taken off.
std::vector<std::int32_t> taps_first(const Tensor& weight, const Tensor& zero) {
  const Shape& shape = weight.shape();
  const std::int64_t outputs = shape[0], depth = shape[1], taps = shape.spatial();
  const std::vector<std::int32_t> zeros = zero_points(name, zero, outputs);
  const Tensor rows = weight.in_order(Order::row_major);  // [outputs][channels][taps]
  std::vector<std::int32_t> out(static_cast<std::size_t>(weight.elements()));
  for_type(name, weight.dtype(), Bytes{}, [&](auto type) {
    const auto* in = rows.data<decltype(type)>();
    for (std::int64_t o = 0; o < outputs; ++o)
      for (std::int64_t c = 0; c < depth; ++c)
        for (std::int64_t t = 0; t < taps; ++t)
          out[static_cast<std::size_t>((o * taps + t) * depth + c)] =
              in[(o * depth + c) * taps + t] - zeros[static_cast<std::size_t>(o)];
  });
  return out;
}

struct Loops {
  const ConvAttributes& a;
  std::array<int, 3> in, out;
  std::int64_t channels, outputs, depth;  // depth: channels of a group
  std::int32_t x_zero;
  const std::int32_t* weight;

  // Index of the pixel of the image that tap (d,h,w) of result point (od,oh,ow) reads, or -1.
  [[nodiscard]] std::int64_t pixel(const std::array<int, 3>& o, const std::array<int, 3>& t) const {
    std::int64_t index = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const int at = o[i] * a.stride[i] + t[i] * a.dilation[i] - a.pad_begin[i];
      if (at < 0 || at >= in[i]) return -1;
      index = index * in[i] + at;
    }
    return index;
  }

  // All outputs of one result point; x [pixels][channels] of one image.
  template <class T>
  void point(const T* x, const std::array<int, 3>& o, std::int32_t* y) const {
    const std::int64_t per_group = outputs / a.groups;
    const std::int64_t taps = std::int64_t{a.kernel[0]} * a.kernel[1] * a.kernel[2];
    for (std::int64_t output = 0; output < outputs; ++output) {
      std::uint32_t sum = 0;  // wraps around
      std::int64_t tap = 0;
      for (int d = 0; d < a.kernel[0]; ++d)
        for (int h = 0; h < a.kernel[1]; ++h)
          for (int w = 0; w < a.kernel[2]; ++w, ++tap) {
            const std::int64_t at = pixel(o, {d, h, w});
            if (at < 0) continue;
            const T* source = x + at * channels + output / per_group * depth;
            const std::int32_t* factor = weight + (output * taps + tap) * depth;
            for (std::int64_t c = 0; c < depth; ++c)
              sum += static_cast<std::uint32_t>((source[c] - x_zero) * factor[c]);
          }
      y[output] = static_cast<std::int32_t>(sum);
    }
  }
};

Tensor forward(ForwardContext& context) {
  const auto& inputs = context.inputs;
  const Shape shapes[] = {inputs[0].shape(), inputs[1].shape(), Shape(), Shape()};
  const Tensor x = inputs[0].in_order(Order::channels_last);
  const Tensor y = Tensor::empty(infer(shapes, context.attributes), DType::i32);
  const std::vector<std::int32_t> weight = taps_first(inputs[1], inputs[3]);
  const Loops loops{.a = read(context.attributes),
                    .in = image_size(name, x.shape()),
                    .out = image_size(name, y.shape()),
                    .channels = x.shape().channels(),
                    .outputs = y.shape().channels(),
                    .depth = inputs[1].shape()[1],
                    .x_zero = zero_points(name, inputs[2], 1)[0],
                    .weight = weight.data()};
  const std::int64_t points = y.shape().spatial(), pixels = x.shape().spatial();
  const auto run = [&]<class T>(T) {
    runtime::parallel_for(y.shape().batch() * points, rows_grain(inputs[1].elements()),
                          [&](std::int64_t first, std::int64_t last, int) {
                            for (std::int64_t i = first; i < last; ++i) {
                              const auto at = static_cast<int>(i % points);
                              const std::array<int, 3> o{at / loops.out[2] / loops.out[1],
                                                         at / loops.out[2] % loops.out[1],
                                                         at % loops.out[2]};
                              loops.point(x.data<T>() + i / points * pixels * loops.channels, o,
                                          y.data<std::int32_t>() + i * loops.outputs);
                            }
                          });
  };
  for_type(name, x.dtype(), Bytes{}, run);
  return y;
}

}  // namespace

const OpDef integer_conv_op{.name = name,
                            .infer = infer,
                            .forward = forward,
                            .backward = nullptr,
                            .needs = Needs::nothing,
                            .required = 2,
                            .infer_type = type};

Value integer_conv(const Value& x, const Value& weight, const Value& x_zero,
                   const Value& weight_zero, const ConvAttributes& attributes) {
  return x.tape().record(integer_conv_op, {x, weight, x_zero, weight_zero}, attributes);
}

}  // namespace burin

// y[n,c] = mean of x[n,c] over all pixels. Blocks of 512 pixels are summed in f32, then added in
// their order in double.
#include <algorithm>

#include "engine/ops/all_ops.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/ops/pool_shape.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

constexpr std::int64_t block = 512;

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  static_cast<void>(image_size("global_average_pool", inputs[0]));
  Shape y = inputs[0];
  for (int axis = 2; axis < y.rank(); ++axis) y = y.with(axis, 1);
  return y;
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last("global_average_pool", context.inputs[0]);  // [n, c, ...]
  const std::int64_t pixels = x.shape().spatial(), channels = x.shape().channels();
  const std::int64_t blocks = (pixels + block - 1) / block, images = x.shape().batch();
  const Shape shapes[] = {x.shape()};
  const Tensor y = context.output(infer(shapes, context.attributes));
  const Tensor partial = Tensor::empty({images * blocks, channels});
  const auto& table = kernels::pool();
  runtime::parallel_for(images * blocks, 1, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t t = first; t < last; ++t) {
      const std::int64_t begin = t % blocks * block, count = std::min(block, pixels - begin);
      table.sum(x.data() + (t / blocks * pixels + begin) * x.pixel_stride(), x.pixel_stride(),
                count, static_cast<int>(channels), partial.data() + t * channels);
    }
  });
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (std::int64_t b = 0; b < blocks; ++b)
        sum += static_cast<double>(partial.data()[(n * blocks + b) * channels + c]);
      y.data()[n * y.pixel_stride() + c] = static_cast<float>(sum / static_cast<double>(pixels));
    }
  return y;
}

void backward(BackwardContext& context) {
  if (!context.wants[0]) return;
  const Tensor dy = as_channels_last("global_average_pool", context.dy);
  const Tensor dx = Tensor::empty(context.input_shapes[0]);
  const std::int64_t pixels = dx.shape().spatial(), channels = dx.shape().channels();
  const std::int64_t blocks = (pixels + block - 1) / block, images = dx.shape().batch();
  const Tensor each = Tensor::empty({images, channels});
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t c = 0; c < channels; ++c)
      each.data()[n * channels + c] =
          dy.data()[n * dy.pixel_stride() + c] / static_cast<float>(pixels);
  const auto& table = kernels::pool();
  runtime::parallel_for(images * blocks, 1, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t t = first; t < last; ++t) {
      const std::int64_t n = t / blocks, begin = t % blocks * block;
      table.spread(each.data() + n * channels, dx.data() + (n * pixels + begin) * dx.pixel_stride(),
                   dx.pixel_stride(), std::min(block, pixels - begin), static_cast<int>(channels));
    }
  });
  context.gradients[0] = dx;
}

}  // namespace

const OpDef global_average_pool_op{.name = "global_average_pool",
                                   .infer = infer,
                                   .forward = forward,
                                   .backward = backward,
                                   .needs = Needs::nothing};

Value global_average_pool(const Value& x) {
  return x.tape().record(global_average_pool_op, {x}, {});
}

}  // namespace burin

// Training: y = x * m / (1 - rate), m = 1 where random number i of the key is rate or more, else 0;
// i counts the channels of one pixel after another. dx = dy * m / (1 - rate), m drawn again.
// Inference: y = x (Srivastava et al. 2014).
#include <algorithm>
#include <array>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/grain.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

constexpr std::uint32_t use = 0x44000000u;  // key of the stream; added to it: the node's id

// x [pixels, channels], rows of channels at its pixel stride.
void drop(const Tensor& given, const DropoutAttributes& a, const Tensor& y) {
  const Tensor x = as_channels_last("dropout", given);
  const std::int64_t channels = x.shape().channels();
  const runtime::RandomStream stream(a.key);
  const float factor = 1.0f / (1.0f - a.rate);
  const auto rows = [&](std::int64_t first, std::int64_t last, int) {
    std::array<float, 256> random;
    for (std::int64_t row = first; row < last; ++row) {
      const float* from = x.data() + row * x.pixel_stride();
      float* to = y.data() + row * y.pixel_stride();
      for (std::int64_t c = 0; c < channels; c += std::ssize(random)) {
        const auto count = static_cast<std::size_t>(std::min(std::ssize(random), channels - c));
        stream.fill_uniform({random.data(), count}, 0.0f, 1.0f,
                            static_cast<std::uint64_t>(row * channels + c));
        for (std::size_t i = 0; i < count; ++i) {
          const auto at = c + static_cast<std::int64_t>(i);
          to[at] = random[i] < a.rate ? 0.0f : from[at] * factor;
        }
      }
    }
  };
  if (x.elements() > 0) runtime::parallel_for(x.elements() / channels, rows_grain(channels), rows);
}

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const float rate = std::get<DropoutAttributes>(attributes).rate;
  if (!(rate >= 0 && rate < 1))
    throw Error("dropout", "a rate from 0 to below 1", std::to_string(rate));
  return inputs[0];
}

Tensor forward(ForwardContext& context) {
  const Tensor& x = context.inputs[0];
  if (!context.training) return x;
  const Tensor y = context.output(require_f32("dropout", x).shape());
  drop(x, std::get<DropoutAttributes>(context.attributes), y);
  return y;
}

void backward(BackwardContext& context) {
  const Tensor dx = Tensor::empty(context.input_shapes[0]);
  drop(context.dy, std::get<DropoutAttributes>(context.attributes), dx);
  context.gradients[0] = dx;
}

}  // namespace

const OpDef dropout_op{.name = "dropout",
                       .infer = infer,
                       .forward = forward,
                       .backward = backward,
                       .needs = Needs::nothing};

Value dropout(const Value& x, float rate) {
  const Tape& tape = x.tape();
  runtime::RandomKey key = tape.random_key();
  key.op = use + static_cast<std::uint32_t>(tape.nodes().size());
  return x.tape().record(dropout_op, {x}, DropoutAttributes{.rate = rate, .key = key});
}

}  // namespace burin

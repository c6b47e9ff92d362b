// y = act(gamma*(x - mean)/sqrt(variance + epsilon) + beta); statistics per channel over the whole
// batch in training (Ioffe and Szegedy 2015), the running ones in inference. x is kept, y is not:
// see kernels/norm/norm.h.

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/norm_sweeps.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  return infer_norm(batch_norm_op, inputs, std::get<NormAttributes>(attributes));
}

NormSets sets_of(const Shape& x) {
  return {"batch_norm", 1, x.batch() * x.spatial(), x.channels(), x.channels()};
}

// Entry c of a running statistic, which may be a view with gaps.
float& entry(const Tensor& vector, std::int64_t c) {
  return vector.data()[c * vector.layout().stride(0)];
}

// running = (1 - momentum)*running + momentum*batch, the variance unbiased.
void update_running(const NormMoments& moments, const NormSets& s, float momentum,
                    const Tensor& running_mean, const Tensor& running_variance) {
  const auto m = static_cast<double>(momentum), n = static_cast<double>(s.pixels);
  for (std::int64_t c = 0; c < s.channels; ++c) {
    float &mean = entry(running_mean, c), &variance = entry(running_variance, c);
    mean = static_cast<float>((1 - m) * static_cast<double>(mean) +
                              m * moments.mean.data<double>()[c]);
    variance = static_cast<float>((1 - m) * static_cast<double>(variance) +
                                  m * moments.variance.data<double>()[c] * n / (n - 1));
  }
  running_mean.storage()->bump_version();
  running_variance.storage()->bump_version();
}

NormMoments running_moments(const Tensor& mean, const Tensor& variance, const NormSets& s) {
  NormMoments moments{Tensor::empty({1, s.channels}, DType::f64, Order::row_major),
                      Tensor::empty({1, s.channels}, DType::f64, Order::row_major)};
  for (std::int64_t c = 0; c < s.channels; ++c) {
    moments.mean.data<double>()[c] = static_cast<double>(entry(mean, c));
    moments.variance.data<double>()[c] = static_cast<double>(entry(variance, c));
  }
  return moments;
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last("batch_norm", context.inputs[0]);  // [n, c, ...]
  const Tensor &mean = context.inputs[3], &variance = context.inputs[4];
  const NormSets sets = sets_of(x.shape());
  for (const Tensor& vector : context.inputs) require_f32("batch_norm", vector);
  if (context.training && sets.pixels < 2)
    throw Error("batch_norm", "more than one number per channel in training", x.shape().text());
  const NormMoments moments =
      context.training ? norm_moments(x, sets) : running_moments(mean, variance, sets);
  if (context.training) {
    const float momentum = std::get<NormAttributes>(context.attributes).momentum;
    update_running(moments, sets, momentum, mean, variance);
  }
  return norm_forward(context, x, moments, sets);
}

void backward(BackwardContext& context) {
  norm_backward(context, sets_of(context.input_shapes[0]));
}

}  // namespace

const OpDef batch_norm_op{
    .name = "batch_norm", .infer = infer, .forward = forward, .backward = backward};

Value batch_norm(const Value& x, const Value& gamma, const Value& beta, const Value& running_mean,
                 const Value& running_variance, const NormAttributes& attributes) {
  return x.tape().record(batch_norm_op, {x, gamma, beta, running_mean, running_variance},
                         attributes);
}

}  // namespace burin

// y = sum(-w[t] * log softmax(x)[t]) / sum(w[t]) over the pixels whose class t is not the ignored
// number; dx = w[t] * (softmax(x) - (c == t)) / sum(w[t]).  Without pixels that count both are 0.
#include <algorithm>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/grain.h"
#include "engine/ops/loss_rows.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/runtime/workers.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {
namespace {

constexpr std::string_view name = "cross_entropy_loss";

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  const Shape &x = inputs[0], &target = inputs[1];
  const std::string op(name);
  if (x.rank() < 2 || x.elements() == 0) throw Error(op, "logits [n,c,...]", x.text());
  std::vector<std::int64_t> sizes{x[0]};
  for (int axis = 2; axis < x.rank(); ++axis) sizes.push_back(x[axis]);
  if (!(target == Shape(sizes)))
    throw Error(op, "a target of " + Shape(sizes).text(), target.text());
  const auto& weights = std::get<LossAttributes>(attributes).weights;
  if (!weights.empty() && static_cast<std::int64_t>(weights.size()) != x[1])
    throw Error(op, std::to_string(x[1]) + " weights", std::to_string(weights.size()));
  return {};
}

// Logits channels last, and the class of each pixel in the order of their pixels.
struct Pair {
  Tensor x, target;
  kernels::Classes classes;
  std::int64_t pixels, channels, block;

  Pair(const Tensor& logits, const Tensor& given, const LossAttributes& a) {
    if (given.dtype() != DType::i32)
      throw Error(std::string(name), "a target of i32", std::string(dtype_name(given.dtype())));
    x = as_channels_last(name, logits);
    target = given.in_order(Order::row_major);
    classes = {.target = target.data<std::int32_t>(),
               .weights = a.weights.empty() ? nullptr : a.weights.data(),
               .ignore = a.ignore_index};
    channels = x.shape().channels();
    pixels = target.elements();
    // A multiple of 16 pixels, so that no vector of them is cut.
    block = std::max<std::int64_t>(16, task_numbers / channels / 16 * 16);
  }
  // f(index, rows, logits, classes) for each block.
  template <class F>
  void each(const F& f) const {
    const std::int64_t stride = x.pixel_stride();
    runtime::parallel_for((pixels + block - 1) / block, 1,
                          [&](std::int64_t from, std::int64_t to, int) {
                            for (std::int64_t index = from; index < to; ++index) {
                              const std::int64_t first = index * block;
                              kernels::Classes part = classes;
                              part.target += first;
                              f(index, kernels::Extent{std::min(block, pixels - first), channels},
                                kernels::In{x.data() + first * stride, stride}, part);
                            }
                          });
  }
};

Tensor forward(ForwardContext& context) {
  const Pair pair(context.inputs[0], context.inputs[1],
                  std::get<LossAttributes>(context.attributes));
  std::vector<kernels::CrossEntropySums> parts(
      static_cast<std::size_t>((pair.pixels + pair.block - 1) / pair.block));
  pair.each([&](std::int64_t index, kernels::Extent e, kernels::In x, kernels::Classes classes) {
    parts[static_cast<std::size_t>(index)] =
        kernels::elementwise().loss.cross_entropy(e, x, classes);
  });
  kernels::CrossEntropySums sums;
  for (const auto& part : parts) sums += part;
  if (sums.bad > 0)
    throw Error(std::string(name), "classes 0.." + std::to_string(pair.channels - 1),
                std::to_string(sums.bad) + " targets outside");
  const Tensor weight = Tensor::empty({1}, DType::f64, Order::row_major);
  weight.data<double>()[0] = sums.weight;
  context.saved.push_back(weight);
  return scalar(sums.weight > 0 ? sums.loss / sums.weight : 0);
}

void backward(BackwardContext& context) {
  require_fixed_target(name, context);
  const Pair pair(context.inputs[0], context.inputs[1],
                  std::get<LossAttributes>(context.attributes));
  const double weight = context.saved[0].data<double>()[0];
  const double dy = context.dy.data()[0];
  const float factor = static_cast<float>(weight > 0 ? dy / weight : 0);
  const Tensor dx = Tensor::empty(pair.x.shape());
  pair.each([&](std::int64_t index, kernels::Extent e, kernels::In x, kernels::Classes classes) {
    float* out = dx.data() + index * pair.block * pair.channels;
    kernels::elementwise().loss.cross_entropy_backward(e, x, classes, {out, pair.channels}, factor);
  });
  context.gradients[0] = dx;
}

}  // namespace

const OpDef cross_entropy_loss_op{.name = "cross_entropy_loss",
                                  .infer = infer,
                                  .forward = forward,
                                  .backward = backward,
                                  .needs = Needs::inputs};

Value cross_entropy_loss(const Value& logits, const Value& target,
                         const LossAttributes& attributes) {
  return logits.tape().record(cross_entropy_loss_op, {logits, target}, attributes);
}

}  // namespace burin

// A channel-wise y = scale*x + shift behind a linear layer: w' = scale*w, b' = scale*b + shift, in
// double.
#include <cmath>
#include <optional>

#include "engine/graph/passes.h"
#include "engine/graph/passes/activation.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/grain.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

struct Affine {
  std::vector<double> scale, shift;  // one per channel
  Activation activation = Activation::none;
  float slope = 0.01f;
  int before = -1;  // the node that it follows
};

std::vector<double> numbers(const Graph& graph, int id, std::size_t count, double absent) {
  std::vector<double> out(count, absent);
  if (id < 0) return out;
  const std::vector<float> given = graph.at(id).value.to_vector();
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<double>(given[given.size() == 1 ? 0 : i]);
  return out;
}

std::optional<Affine> batch_norm(const Graph& graph, const Node& node) {
  for (std::size_t i = 1; i < node.inputs.size(); ++i)
    if (node.inputs[i] >= 0 && !graph.is_constant(node.inputs[i])) return {};
  const auto& a = std::get<NormAttributes>(node.attributes);
  const auto channels = static_cast<std::size_t>(node.shape.channels());
  Affine out{.scale = numbers(graph, node.inputs[1], channels, 1),
             .shift = numbers(graph, node.inputs[2], channels, 0),
             .activation = a.activation,
             .slope = a.slope,
             .before = node.inputs[0]};
  const auto mean = numbers(graph, node.inputs[3], channels, 0);
  const auto variance = numbers(graph, node.inputs[4], channels, 1);
  for (std::size_t c = 0; c < channels; ++c) {
    out.scale[c] /= std::sqrt(variance[c] + static_cast<double>(a.epsilon));
    out.shift[c] -= mean[c] * out.scale[c];
  }
  return out;
}

// One number, or one per channel.
bool is_per_channel(const Shape& constant, const Shape& result) {
  if (constant.elements() == 1) return true;
  const std::int64_t channels = result.channels();
  return constant.rank() == result.rank() && constant[1] == channels &&
         constant.elements() == channels;
}

// A product or sum of an activation and a constant.
std::optional<Affine> with_constant(const Graph& graph, const Node& node) {
  const bool product = node.op == &multiply_op;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const int constant = node.inputs[i], other = node.inputs[1 - i];
    if (!graph.is_constant(constant) || graph.is_constant(other)) continue;
    if (graph.at(other).shape != node.shape || node.type != DType::f32) continue;
    if (node.shape.rank() < 2 || !is_per_channel(graph.at(constant).shape, node.shape)) continue;
    const auto channels = static_cast<std::size_t>(node.shape.channels());
    Affine out{.scale = std::vector<double>(channels, 1),
               .shift = std::vector<double>(channels, 0),
               .before = other};
    (product ? out.scale : out.shift) = numbers(graph, constant, channels, 0);
    return out;
  }
  return {};
}

std::optional<Affine> affine(const Graph& graph, const Node& node) {
  if (node.op == &batch_norm_op) return batch_norm(graph, node);
  if (node.op == &multiply_op || node.op == &add_op) return with_constant(graph, node);
  if (node.op != &scale_op) return {};
  const auto& a = std::get<ScaleAttributes>(node.attributes);
  const auto channels = static_cast<std::size_t>(node.shape.channels());
  return Affine{.scale = std::vector<double>(channels, static_cast<double>(a.scale)),
                .shift = std::vector<double>(channels, static_cast<double>(a.shift)),
                .before = node.inputs[0]};
}

// The weight of output channel c is scaled: axis 0, of a transposed convolution axis 1 in groups.
// In place where `alone`: new memory takes longer to come than the products.
Tensor scaled_weight(const Node& layer, const Tensor& weight, const std::vector<double>& scale,
                     bool alone) {
  const Shape& shape = weight.shape();
  const Tensor from = weight.dtype() == DType::f32
                          ? weight.in_order(Order::row_major)
                          : Tensor::from(shape, weight.to_vector(), Order::row_major);
  const bool copied = from.storage() != weight.storage();
  const Tensor to = copied || alone ? from : Tensor::empty(shape, DType::f32, Order::row_major);
  const bool transposed = layer.op == &conv_transpose_op;
  const std::int64_t taps = shape.rank() > 2 ? shape.spatial() : 1;
  const std::int64_t groups =
      transposed ? std::get<ConvAttributes>(layer.attributes).groups : std::int64_t{1};
  const std::int64_t inputs_per_group = shape[0] / groups, row = shape[1] * taps;
  runtime::parallel_for(shape[0], rows_grain(row), [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i)
      for (std::int64_t j = 0; j < shape[1]; ++j) {
        const std::int64_t channel = transposed ? i / inputs_per_group * shape[1] + j : i;
        const double factor = scale[static_cast<std::size_t>(channel)];
        const float* numbers = from.data() + i * row + j * taps;
        float* scaled = to.data() + i * row + j * taps;
        for (std::int64_t t = 0; t < taps; ++t)
          scaled[t] = static_cast<float>(static_cast<double>(numbers[t]) * factor);
      }
  });
  to.storage()->bump_version();
  return to;
}

// The layer with the affine map inside; its new id, or -1 where it cannot take it.
int absorbed(Rewrite& walk, const Affine& a) {
  const Graph& from = walk.from();
  const Node& layer = from.at(a.before);
  const bool linear = layer.op == &linear_op;
  if (!linear && layer.op != &conv_op && layer.op != &conv_transpose_op) return -1;
  Attributes attributes = layer.attributes;
  if (walk.readers(a.before) != 1 || !set_activation(attributes, a.activation, a.slope)) return -1;
  if (layer.inputs.size() > 3 && layer.inputs[3] >= 0) return -1;
  const int weight = walk.now(layer.inputs[1]), bias = walk.now(layer.inputs[2]);
  Graph& to = walk.to();
  if (!to.is_constant(weight) || (bias >= 0 && !to.is_constant(bias))) return -1;
  std::vector<double> b = numbers(to, bias, a.scale.size(), 0);
  std::vector<float> shifted(b.size());
  for (std::size_t c = 0; c < b.size(); ++c)
    shifted[c] = static_cast<float>(b[c] * a.scale[c] + a.shift[c]);
  // This walk's two graphs hold it, and nothing else of them reads it.
  const bool alone =
      walk.readers(layer.inputs[1]) == 1 && to.at(weight).value.storage().use_count() == 2;
  const int w = to.add_constant(to.at(weight).name,
                                scaled_weight(layer, to.at(weight).value, a.scale, alone));
  const Shape channels{static_cast<std::int64_t>(shifted.size())};
  const int s = to.add_constant(layer.name.empty() ? "" : layer.name + ".bias",
                                Tensor::from(channels, shifted, Order::row_major));
  return to.add(*layer.op, {walk.now(layer.inputs[0]), w, s}, attributes, layer.name);
}

}  // namespace

Graph fold_batch_norm(Graph current) {
  // A chain (bias, then norm, then factor) is absorbed link by link, a walk each.
  while (true) {
    bool changed = false;
    Graph next = rewrite(current, [&changed](Rewrite& walk, int id) {
      const auto a = affine(walk.from(), walk.from().at(id));
      const int merged = a ? absorbed(walk, *a) : -1;
      if (merged < 0) return false;
      changed = true;
      walk.replace(id, merged);
      return true;
    });
    if (!changed) return next;
    current = std::move(next);
  }
}

}  // namespace burin

// Phase composition: upsampling by 2 (a transposed convolution 2x2 stride 2, or nearest), then
// concatenation with a skip, then a 3x3 convolution, is the sum of a 3x3 convolution of the skip
// and a transposed convolution 4x4 stride 2 pad 1 of the coarse image; in three dimensions the same
// with 2x2x2, 3x3x3 and 4x4x4. Per axis
//
//   W4[t] = sum over s, k with 2 + s - k = t of up[s] * w3[k]      s in {0,1}, k in {0,1,2}
//
// since fine pixel f reads f+k-1 = 2i+s. Zero padding stays zero padding. What the bias of the
// upsampling adds is the same inside of the image and less on its border, where taps are missing.
#include <algorithm>
#include <optional>

#include "engine/graph/passes.h"
#include "engine/graph/passes/phase_weights.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/choose_kernel.h"
#include "engine/ops/conv_shape.h"

namespace burin {
namespace {

using Numbers = std::vector<double>;

struct Pattern {
  int conv = -1, up = -1, skip = -1;          // skip -1: there is none
  std::int64_t skip_first = 0, up_first = 0;  // channels of w3 that belong to each
};

bool is_conv3(const Node& node) {
  if (node.op != &conv_op) return false;
  const auto& a = std::get<ConvAttributes>(node.attributes);
  for (int axis = 2; axis < node.shape.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis + 3 - node.shape.rank());
    if (a.kernel[i] != 3 || a.stride[i] != 1 || a.dilation[i] != 1 || a.pad_begin[i] != 1 ||
        a.pad_end[i] != 1)
      return false;
  }
  return a.groups == 1 && node.shape.rank() > 3 && (node.inputs.size() < 4 || node.inputs[3] < 0);
}

bool doubles(const Graph& graph, int id) {
  const Node& node = graph.at(id);
  if (node.op != &resize_op && node.op != &conv_transpose_op) return false;
  const Shape& x = graph.at(node.inputs[0]).shape;
  for (int axis = 2; axis < x.rank(); ++axis)
    if (node.shape[axis] != 2 * x[axis]) return false;
  if (node.op == &resize_op)
    return std::get<ResizeAttributes>(node.attributes).mode == ResizeMode::nearest &&
           std::get<ResizeAttributes>(node.attributes).coordinates == ResizeCoordinates::half_pixel;
  const auto& a = std::get<ConvAttributes>(node.attributes);
  for (int axis = 2; axis < x.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis + 3 - x.rank());
    if (a.kernel[i] != 2 || a.stride[i] != 2 || a.pad_begin[i] != 0 || a.dilation[i] != 1)
      return false;
  }
  return a.groups == 1 && a.activation == Activation::none;
}

std::optional<Pattern> match(const Rewrite& walk, int id) {
  const Graph& graph = walk.from();
  const Node& conv = graph.at(id);
  if (!is_conv3(conv) || !graph.is_constant(conv.inputs[1])) return {};
  if (conv.inputs[2] >= 0 && !graph.is_constant(conv.inputs[2])) return {};
  Pattern p{.conv = id};
  const int before = conv.inputs[0];
  if (walk.readers(before) != 1) return {};
  if (doubles(graph, before)) {
    p.up = before;
  } else {
    const Node& joined = graph.at(before);
    if (joined.op != &concat_op || joined.inputs.size() != 2) return {};
    if (axis_of("concat", joined.shape, std::get<AxisAttributes>(joined.attributes).axis) != 1)
      return {};
    const bool second = doubles(graph, joined.inputs[1]);
    if (!second && !doubles(graph, joined.inputs[0])) return {};
    p.up = joined.inputs[second ? 1 : 0];
    p.skip = joined.inputs[second ? 0 : 1];
    if (p.up == p.skip || walk.readers(p.up) != 1) return {};
    (second ? p.up_first : p.skip_first) = graph.at(joined.inputs[0]).shape.channels();
  }
  const Node& up = graph.at(p.up);
  const bool learned = up.op == &conv_transpose_op;
  if (learned && !graph.is_constant(up.inputs[1])) return {};
  if (learned && up.inputs[2] >= 0 && (p.skip < 0 || !graph.is_constant(up.inputs[2]))) return {};
  return p;
}

Numbers in_double(const Tensor& t) {
  const std::vector<float> numbers = t.to_vector();
  return {numbers.begin(), numbers.end()};
}

// Of the best kernel, with activations as the precision may store them.
double cost(ConvPass pass, kernels::ConvShape shape, Precision precision) {
  const Wanted wanted{kernels::Activation::none, precision};
  const double wide = least_cost(pass, shape, wanted);
  if (precision != Precision::bf16) return wide;
  shape.source_type = shape.target_type = kernels::Element::bf16;
  return std::min(wide, least_cost(pass, shape, wanted));
}

ConvAttributes with_size(int axes, int kernel, int stride, int pad) {
  ConvAttributes a;
  for (std::size_t i = static_cast<std::size_t>(3 - axes); i < 3; ++i) {
    a.kernel[i] = kernel;
    a.stride[i] = stride;
    a.pad_begin[i] = a.pad_end[i] = pad;
  }
  return a;
}

PhaseSizes sizes_of(const Graph& graph, const Pattern& p) {
  const Node &conv = graph.at(p.conv), &up = graph.at(p.up);
  return {.axes = conv.shape.rank() - 2,
          .out = conv.shape.channels(),
          .coarse = graph.at(up.inputs[0]).shape.channels(),
          .up = up.shape.channels(),
          .joined = graph.at(conv.inputs[1]).shape[1]};
}

// Whether the estimates of the kernels say that it pays: one run must win back what composing the
// weights takes, or a program would load long for little.
bool pays(const Graph& graph, const Pattern& p, Precision precision) {
  const Node &conv = graph.at(p.conv), &up = graph.at(p.up);
  const Shape &y = conv.shape, &joined = graph.at(conv.inputs[0]).shape;
  const Shape& x = graph.at(up.inputs[0]).shape;
  const int axes = y.rank() - 2;
  double before =
      cost(ConvPass::forward, conv_shape(joined, y, with_size(axes, 3, 1, 1)), precision);
  if (up.op == &conv_transpose_op)
    before += cost(ConvPass::data, conv_shape(up.shape, x, with_size(axes, 2, 2, 0)), precision);
  double after = cost(ConvPass::data, conv_shape(y, x, with_size(axes, 4, 2, 1)), precision);
  if (p.skip >= 0)
    after += cost(ConvPass::forward,
                  conv_shape(graph.at(p.skip).shape, y, with_size(axes, 3, 1, 1)), precision);
  if (up.op == &conv_transpose_op) after += phase_weights_cost(sizes_of(graph, p));
  return after < before;
}

// Weights hold f32's precision even where activations do not.
int composed(Rewrite& walk, const Pattern& p, Precision precision) {
  const Graph& from = walk.from();
  Graph& to = walk.to();
  const Node &conv = from.at(p.conv), &up = from.at(p.up);
  const Tensor& weight = from.at(conv.inputs[1]).value;
  const int axes = conv.shape.rank() - 2;
  const PhaseSizes n = sizes_of(from, p);
  const bool learned = up.op == &conv_transpose_op;
  Shape w4_shape = weight.shape().with(0, n.coarse).with(1, n.out);
  for (int axis = 2; axis < w4_shape.rank(); ++axis) w4_shape = w4_shape.with(axis, 4);
  const Tensor w3 = weights_by_tap(weight, p.up_first, n);
  const Tensor w4 = phase_weights(learned ? from.at(up.inputs[1]).value : Tensor(), w3, n, w4_shape,
                                  precision == Precision::exact);
  const auto& old = std::get<ConvAttributes>(conv.attributes);
  ConvAttributes fine = with_size(axes, 4, 2, 1);
  fine.activation = old.activation;
  fine.slope = old.slope;
  const int coarse = walk.now(up.inputs[0]);
  const int w = to.add_constant(conv.name + ".phases", w4);
  if (p.skip < 0)
    return to.add(conv_transpose_op, {coarse, w, walk.now(conv.inputs[2])}, fine, conv.name);

  Numbers bias(static_cast<std::size_t>(n.out));
  if (conv.inputs[2] >= 0) bias = in_double(from.at(conv.inputs[2]).value);
  Tensor border;
  if (learned && up.inputs[2] >= 0)
    border = phase_border(in_double(from.at(up.inputs[2]).value), w3, n, bias);
  const std::int64_t skip_channels = from.at(p.skip).shape.channels();
  const int ws =
      to.add_constant(conv.name + ".skip",
                      weight.channel_slice(p.skip_first, skip_channels).in_order(Order::row_major));
  const int b = to.add_constant(
      conv.name + ".bias",
      Tensor::from({n.out}, std::vector<float>(bias.begin(), bias.end()), Order::row_major));
  int sum = to.add(conv_op, {walk.now(p.skip), ws, b}, with_size(axes, 3, 1, 1), conv.name);
  if (border)
    sum = to.add(border_bias_op, {sum, to.add_constant(conv.name + ".border", border)}, {},
                 conv.name);
  return to.add(conv_transpose_op, {coarse, w, -1, sum}, fine, conv.name);
}

template <class F>
Graph compose_where(const Graph& graph, Precision precision, const F& wanted) {
  return rewrite(graph, [&](Rewrite& walk, int id) {
    const auto pattern = match(walk, id);
    if (!pattern || !wanted(*pattern)) return false;
    walk.replace(id, composed(walk, *pattern, precision));
    return true;
  });
}

}  // namespace

Graph compose_phases(const Graph& graph, Precision precision) {
  return compose_where(graph, precision,
                       [&](const Pattern& p) { return pays(graph, p, precision); });
}

Graph compose_all_phases(const Graph& graph) {
  return compose_where(graph, Precision::exact, [](const Pattern&) { return true; });
}

}  // namespace burin

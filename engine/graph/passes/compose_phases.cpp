// Phase composition: upsampling by 2 (a transposed convolution 2x2 stride 2, or nearest), then
// concatenation with a skip, then a 3x3 convolution, is the sum of a 3x3 convolution of the skip and
// a transposed convolution 4x4 stride 2 pad 1 of the coarse image. Per axis
//
//   W4[t] = sum over s, k with 2 + s - k = t of up[s] * w3[k]      s in {0,1}, k in {0,1,2}
//
// since fine pixel f reads f+k-1 = 2i+s. Zero padding stays zero padding. What the bias of the
// upsampling adds is the same inside of the image and less on its border, where taps are missing.
#include <algorithm>
#include <optional>

#include "engine/graph/passes.h"
#include "engine/graph/rewrite.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"
#include "engine/ops/choose_kernel.h"
#include "engine/ops/conv_shape.h"
#include "engine/runtime/workers.h"

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

// f(index of a tap of a cube of side n, its coordinates from w to the front).
template <class F>
void each_tap(int axes, int n, const F& f) {
  int count = 1;
  for (int i = 0; i < axes; ++i) count *= n;
  for (int tap = 0; tap < count; ++tap) {
    std::array<int, 3> at{};
    for (int i = 0, rest = tap; i < axes; ++i, rest /= n)
      at[static_cast<std::size_t>(i)] = rest % n;
    f(tap, at);
  }
}

Numbers in_double(const Tensor& t) {
  const std::vector<float> numbers = t.to_vector();
  return {numbers.begin(), numbers.end()};
}

struct Sizes {
  int axes;
  std::int64_t out, coarse, up, joined;  // channels: of y, of x, of the upsampled, of w3
};

std::int64_t power(std::int64_t base, int exponent) {
  std::int64_t out = 1;
  for (int i = 0; i < exponent; ++i) out *= base;
  return out;
}

// The part of w3 [out, joined, 3^axes] that reads the upsampled channels, tap by tap: [3^axes, up, out].
Tensor by_tap(const Tensor& w3, std::int64_t first, const Sizes& n) {
  const std::int64_t taps = power(3, n.axes);
  const Tensor w = w3.in_order(Order::row_major);
  const Tensor out = Tensor::empty({taps, n.up, n.out}, DType::f32, Order::row_major);
  const float* from = w.data();
  float* const to = out.data();
  runtime::parallel_for(n.up, 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t c = begin; c < end; ++c)
      for (std::int64_t o = 0; o < n.out; ++o)
        for (std::int64_t k = 0; k < taps; ++k)
          to[(k * n.up + c) * n.out + o] = from[(o * n.joined + first + c) * taps + k];
  });
  return out;
}

// up [coarse, up, 2^axes] -> [coarse * 2^axes, up]
Tensor by_phase(const Tensor& up, const Sizes& n) {
  const std::int64_t phases = power(2, n.axes);
  const Tensor w = up.in_order(Order::row_major);
  const Tensor out = Tensor::empty({n.coarse * phases, n.up}, DType::f32, Order::row_major);
  const float* from = w.data();
  float* const to = out.data();
  runtime::parallel_for(n.coarse, 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t c = begin; c < end; ++c)
      for (std::int64_t s = 0; s < phases; ++s)
        for (std::int64_t u = 0; u < n.up; ++u)
          to[(c * phases + s) * n.up + u] = from[(c * n.up + u) * phases + s];
  });
  return out;
}

Tensor product(const Tensor& a, const Tensor& b) {
  const Tensor operands[] = {a, b};
  return evaluate(matmul_op, operands, {});
}

// For each tap k of w3, the tap t of w4 that it and phase s make: [3^axes][2^axes].
std::vector<std::int64_t> taps_of_phases(int axes) {
  std::vector<std::int64_t> out;
  each_tap(axes, 3, [&](int, const std::array<int, 3>& at_k) {
    each_tap(axes, 2, [&](int, const std::array<int, 3>& at_s) {
      std::int64_t t = 0;
      for (int i = axes - 1; i >= 0; --i) {
        const auto a = static_cast<std::size_t>(i);
        t = 4 * t + 2 + at_s[a] - at_k[a];
      }
      out.push_back(t);
    });
  });
  return out;
}

// up [coarse, up, 2^axes] (undefined: nearest), w3 as by_tap() gives it -> [coarse, out, 4^axes], some
// coarse channels at a time, so that their sums stay in a cache.
Tensor compose(const Tensor& up, const Tensor& w3, const Sizes& n, const Shape& shape) {
  constexpr std::int64_t block_bytes = std::int64_t{2} << 20;
  const std::int64_t three = power(3, n.axes), phases = power(2, n.axes), four = power(4, n.axes);
  const std::vector<std::int64_t> taps = taps_of_phases(n.axes);
  const Tensor w4 = Tensor::zeros(shape, DType::f32, Order::row_major);
  const Tensor ups = up ? by_phase(up, n) : Tensor();
  const std::int64_t block = std::max<std::int64_t>(1, block_bytes / (n.out * four * 4));
  for (std::int64_t first = 0; first < n.coarse; first += block) {
    const std::int64_t rows = std::min(block, n.coarse - first), row = n.out * four;
    float* const to = w4.data() + first * row;
    for (std::int64_t k = 0; k < three; ++k) {
      const Tensor w = w3.batch_slice(k, 1).reshape({n.up, n.out});
      const Tensor part = up ? product(ups.batch_slice(first * phases, rows * phases), w)
                             : w.batch_slice(first, rows);
      // Of each coarse channel a row for each phase; of nearest upsampling one for all.
      const std::int64_t of_channel = up ? phases : 1, of_phase = up ? 1 : 0;
      runtime::parallel_for(rows, 4, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t c = begin; c < end; ++c)
          for (std::int64_t s = 0; s < phases; ++s) {
            const float* from = part.data() + (c * of_channel + s * of_phase) * n.out;
            float* sum = to + c * row + taps[static_cast<std::size_t>(k * phases + s)];
            for (std::int64_t o = 0; o < n.out; ++o) sum[o * four] += from[o];
          }
      });
    }
  }
  return w4;
}

// [3^axes, out]: what the bias of the upsampling adds at each place of the border, beyond `inside`.
Tensor border_of(const Numbers& bias, const Tensor& w3, const Sizes& n, Numbers& inside) {
  const std::int64_t three = power(3, n.axes);
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  Numbers tap(at(n.out * three));  // of all channels of the upsampled image
  for (std::int64_t k = 0; k < three; ++k)
    for (std::int64_t c = 0; c < n.up; ++c)
      for (std::int64_t o = 0; o < n.out; ++o)
        tap[at(o * three + k)] += bias[at(c)] * w3.data()[(k * n.up + c) * n.out + o];
  std::vector<float> out(at(three * n.out));
  each_tap(n.axes, 3, [&](int q, const std::array<int, 3>& place) {
    each_tap(n.axes, 3, [&](int k, const std::array<int, 3>& at_k) {
      bool missing = false;  // the tap reads beyond the first or last pixel
      for (std::size_t i = 0; i < static_cast<std::size_t>(n.axes); ++i)
        missing = missing || (place[i] == 0 && at_k[i] == 0) || (place[i] == 2 && at_k[i] == 2);
      for (std::int64_t o = 0; o < n.out; ++o)
        if (missing) out[at(q * n.out + o)] -= static_cast<float>(tap[at(o * three + k)]);
    });
  });
  for (std::int64_t o = 0; o < n.out; ++o)
    for (std::int64_t k = 0; k < three; ++k) inside[at(o)] += tap[at(o * three + k)];
  return Tensor::from({three, n.out}, out, Order::row_major);
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

// Whether the estimates of the kernels say that it pays.
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
  return after < before;
}

int composed(Rewrite& walk, const Pattern& p) {
  const Graph& from = walk.from();
  Graph& to = walk.to();
  const Node &conv = from.at(p.conv), &up = from.at(p.up);
  const Tensor& weight = from.at(conv.inputs[1]).value;
  const int axes = conv.shape.rank() - 2;
  const Sizes n{axes, conv.shape.channels(), from.at(up.inputs[0]).shape.channels(),
                up.shape.channels(), weight.shape()[1]};
  const bool learned = up.op == &conv_transpose_op;
  Shape w4_shape = weight.shape().with(0, n.coarse).with(1, n.out);
  for (int axis = 2; axis < w4_shape.rank(); ++axis) w4_shape = w4_shape.with(axis, 4);
  const Tensor w3 = by_tap(weight, p.up_first, n);
  const Tensor w4 = compose(learned ? from.at(up.inputs[1]).value : Tensor(), w3, n, w4_shape);
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
    border = border_of(in_double(from.at(up.inputs[2]).value), w3, n, bias);
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
Graph compose_where(const Graph& graph, const F& wanted) {
  return rewrite(graph, [&wanted](Rewrite& walk, int id) {
    const auto pattern = match(walk, id);
    if (!pattern || !wanted(*pattern)) return false;
    walk.replace(id, composed(walk, *pattern));
    return true;
  });
}

}  // namespace

Graph compose_phases(const Graph& graph, Precision precision) {
  return compose_where(graph, [&](const Pattern& p) { return pays(graph, p, precision); });
}

Graph compose_all_phases(const Graph& graph) {
  return compose_where(graph, [](const Pattern&) { return true; });
}

}  // namespace burin

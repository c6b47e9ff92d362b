#include "models/modulated_conv.h"

#include <cmath>
#include <numbers>

namespace burin::models {
namespace {

constexpr float least = 1e-8f, clamp = 256.0f;
// Layers of one module take numbers this far apart, above those of the walk.
constexpr std::uint32_t inner_layer = 0x1000;

Parameter zeros(const Shape& shape) {
  return {.value = Tensor::zeros(shape, DType::f32, Order::row_major)};
}

void fill(const Parameter& parameter, const InitRule& rule, std::uint64_t seed,
          std::uint32_t layer) {
  initialize_layer(parameter, {}, rule, seed, layer);
}

Value clip(const Value& x) { return unary(x, {.function = Unary::clip, .a = -clamp, .b = clamp}); }

// [n, c] -> [n, c, 1, 1]
Value per_channel(const Value& x) {
  const std::int64_t sizes[] = {-1, x.shape().channels(), 1, 1};
  return reshape(x, sizes);
}

// [c] -> [1, c, 1, 1]
Value per_channel(Tape& tape, const Parameter& bias) {
  const std::int64_t sizes[] = {1, -1, 1, 1};
  return reshape(leaf(tape, bias), sizes);
}

// Means of 2x2 pixels at each place, so many times; a border of zeros of `pad` pixels at first.
// Three times is the filter [1,3,3,1]x[1,3,3,1]/64, as [1,1]/2 three times is [1,3,3,1]/8.
Value blur(Value x, int times, int pad) {
  for (int i = 0; i < times; ++i) {
    const int border = i == 0 ? pad : 0;
    x = average_pool(x, {.kernel = {1, 2, 2},
                         .stride = {1, 1, 1},
                         .pad_begin = {0, border, border},
                         .pad_end = {0, border, border},
                         .count_padding = true});
  }
  return x;
}

// d [n, out] for a weight [out, in, 3, 3] and styles [n, in].
Value demodulation(const Value& weight, const Value& style) {
  const int taps[] = {2, 3}, inputs[] = {2};
  const std::int64_t out = weight.shape()[0], in = weight.shape()[1];
  const std::int64_t rows[] = {1, out, in}, pictures[] = {-1, 1, in};
  const Value power = reshape(sum(multiply(weight, weight), taps, false), rows);
  const Value squares = reshape(multiply(style, style), pictures);
  return inverse_root(sum(multiply(power, squares), inputs, false));
}

}  // namespace

Value bent(const Value& x) {
  return scale(leaky_relu(x, 0.2f), static_cast<float>(std::numbers::sqrt2));
}

Value inverse_root(const Value& x) {
  const Value root = unary(scale(x, 1.0f, least), {.function = Unary::square_root});
  return unary(root, {.function = Unary::reciprocal});
}

// Zeros between the pixels and one of the filter's four [1,1] make each pixel two; two are left.
Value smooth_double(const Value& x) { return blur(repeat_twice(x), 2, 1); }

EqualDense::EqualDense(const EqualDenseOptions& o)
    : dense({.in = o.in, .out = o.out}), rate(o.rate) {
  dense.bias.value.fill(o.bias);
}

Value EqualDense::operator()(const Value& x) const {
  Tape& tape = x.tape();
  const float gain = rate / std::sqrt(static_cast<float>(x.shape().channels()));
  return linear(x, scale(leaf(tape, dense.weight), gain), scale(leaf(tape, dense.bias), rate));
}

void EqualDense::initialize(const InitRule&, std::uint64_t seed, std::uint32_t layer) const {
  fill(dense.weight, InitRule::normal(1 / static_cast<double>(rate)), seed, layer);
}

StyledConv::StyledConv(const StyledConvOptions& o)
    : affine({.in = o.style, .out = o.in, .bias = 1}),
      weight(zeros({o.out, o.in, 3, 3})),
      noise(zeros({o.side, o.side})),
      strength(zeros({})),
      bias(zeros({o.out})),
      doubles(o.doubles) {
  noise.trainable = noise.counted = false;
}

Value StyledConv::operator()(const Value& x, const Value& w) const {
  Tape& tape = w.tape();
  const Value kernels = leaf(tape, weight), style = affine(w);
  const Value lit = multiply(x, per_channel(style));  // [n, in, h, w]
  Value y, d = demodulation(kernels, style);          // [n, out]
  if (doubles) {
    const int order[] = {1, 0, 2, 3};
    const Value spread = conv_transpose(lit, transpose(kernels, order), {},
                                        {.kernel = {1, 3, 3}, .stride = {1, 2, 2}});
    y = blur(spread, 3, 1);  // [n, out, 2h + 1, 2w + 1] -> [n, out, 2h, 2w]
    d = scale(d, 4.0f);      // the pixels between are zeros
  } else {
    y = conv(lit, kernels, {}, {.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}});
  }
  const std::int64_t side = noise.value.shape()[0], plane[] = {1, 1, side, side};
  const Value grain = multiply(reshape(leaf(tape, noise), plane), leaf(tape, strength));
  const Value sum = add(add(multiply(y, per_channel(d)), grain), per_channel(tape, bias));
  return clip(bent(sum));
}

void StyledConv::initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const {
  fill(weight, InitRule::normal(1), seed, layer);
  fill(noise, InitRule::normal(1), seed, layer + inner_layer);
  affine.initialize(rule, seed, layer + 2 * inner_layer);
}

ToRgb::ToRgb(std::int64_t in, std::int64_t style)
    : affine({.in = style, .out = in, .bias = 1}), weight(zeros({3, in, 1, 1})), bias(zeros({3})) {}

Value ToRgb::operator()(const Value& x, const Value& w) const {
  Tape& tape = w.tape();
  const float gain = 1 / std::sqrt(static_cast<float>(x.shape().channels()));
  const Value lit = multiply(x, per_channel(scale(affine(w), gain)));  // [n, in, h, w]
  return clip(add(conv(lit, leaf(tape, weight), {}, {}), per_channel(tape, bias)));
}

void ToRgb::initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const {
  fill(weight, InitRule::normal(1), seed, layer);
  affine.initialize(rule, seed, layer + 2 * inner_layer);
}

}  // namespace burin::models

#include "models/teacher_generator.h"

namespace burin::models {
namespace {

constexpr float mapping_rate = 0.01f;
constexpr std::int64_t first_side = 4;
constexpr std::uint32_t constant_layer = 0x4000;

// x / sqrt(mean(x^2) + 1e-8) of each row.
Value normalized(const Value& x) {
  const int row[] = {1};
  return multiply(x, inverse_root(mean(multiply(x, x), row)));
}

}  // namespace

Mapping::Mapping(const TeacherGeneratorOptions& o)
    : embed({.in = o.classes, .out = o.width}),
      fc0({.in = 2 * o.width, .out = o.width, .rate = mapping_rate}),
      fc1({.in = o.width, .out = o.width, .rate = mapping_rate}),
      mean_w{.value = Tensor::zeros({o.width}), .trainable = false, .counted = false},
      truncation(o.truncation) {}

Value Mapping::operator()(const Value& noise, const Value& kind) const {
  const Value parts[] = {normalized(noise), normalized(embed(kind))};  // [n, width] each
  const Value w = bent(fc1(bent(fc0(concat(parts, 1)))));              // [n, width]
  if (truncation == 1.0f) return w;
  const std::int64_t row[] = {1, -1};
  const Value middle = reshape(leaf(w.tape(), mean_w), row);
  return add(middle, scale(subtract(w, middle), truncation));
}

SynthesisBlock::SynthesisBlock(std::int64_t width, std::int64_t side, bool first)
    : conv1({.in = width, .out = width, .style = width, .side = side}), torgb(width, width) {
  if (first)
    constant.value = Tensor::zeros({width, side, side}, DType::f32, Order::row_major);
  else
    conv0.emplace(StyledConvOptions{
        .in = width, .out = width, .style = width, .side = side, .doubles = true});
}

SynthesisBlock::Output SynthesisBlock::operator()(const Output& before, const Value& w) const {
  Output out;
  if (conv0) {
    out.x = (*conv0)(before.x, w);
  } else {
    const Shape& s = constant.value.shape();
    const std::int64_t picture[] = {1, s[0], s[1], s[2]};
    out.x = reshape(leaf(w.tape(), constant), picture);
  }
  out.x = conv1(out.x, w);
  out.image = torgb(out.x, w);
  if (before.image) out.image = add(smooth_double(before.image), out.image);
  return out;
}

TeacherGenerator::TeacherGenerator(const TeacherGeneratorOptions& o)
    : options_(o),
      mapping_(o),
      b4_(o.width, first_side, true),
      b8_(o.width, 2 * first_side, false),
      b16_(o.width, 4 * first_side, false),
      b32_(o.width, 8 * first_side, false) {
  initialize(*this, InitRule::normal(1), o.seed);
  initialize_layer(b4_.constant, {}, InitRule::normal(1), o.seed, constant_layer);
}

Value TeacherGenerator::run(std::span<const Value> inputs) {
  const Value w = mapping_(inputs[0], inputs[1]);  // [n, 512]
  const SynthesisBlock::Output x4 = b4_({}, w);    // [n, 512, 4, 4], [n, 3, 4, 4]
  const SynthesisBlock::Output x8 = b8_(x4, w);    // [n, 512, 8, 8], [n, 3, 8, 8]
  const SynthesisBlock::Output x16 = b16_(x8, w);  // [n, 512, 16, 16], [n, 3, 16, 16]
  return b32_(x16, w).image;                       // [n, 3, 32, 32]
}

std::vector<NamedParameter> TeacherGenerator::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

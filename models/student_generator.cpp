#include "models/student_generator.h"

namespace burin::models {
namespace {

constexpr std::int64_t projected = 128, width = 256, side = 4;

}  // namespace

GatedDense::GatedDense(std::int64_t in, std::int64_t out)
    : dense({.in = in, .out = 2 * out, .bias = false}), norm({.channels = 2 * out}) {}

Value GatedDense::operator()(const Value& x) const { return glu(norm(dense(x))); }

GatedUp::GatedUp(std::int64_t in, std::int64_t out)
    : conv({.in = in, .out = 2 * out, .kernel = 3, .pad = 1, .bias = false}),
      norm({.channels = 2 * out}) {}

Value GatedUp::operator()(const Value& x) const { return glu(norm(conv(repeat_twice(x)))); }

StudentGenerator::StudentGenerator(const StudentGeneratorOptions& o)
    : options_(o),
      project_(o.noise, projected),
      fc_(projected + o.classes, width * side * side),
      upsample1_(width, width / 2),
      upsample2_(width / 2, width / 4),
      upsample3_(width / 4, width / 8),
      img_({.in = width / 8, .out = 3, .kernel = 3, .pad = 1, .bias = false}) {
  initialize(*this, InitRule::orthogonal.with_norms(0.02), o.seed);
}

Value StudentGenerator::run(std::span<const Value> inputs) {
  const Value code[] = {project_(inputs[0]), inputs[1]};  // [n, 128] and [n, 10]
  const std::int64_t sizes[] = {-1, width, side, side};
  const Value x0 = reshape(fc_(concat(code, 1)), sizes);  // [n, 256, 4, 4]
  const Value x1 = upsample1_(x0);                        // [n, 128, 8, 8]
  const Value x2 = upsample2_(x1);                        // [n, 64, 16, 16]
  const Value x3 = upsample3_(x2);                        // [n, 32, 32, 32]
  return tanh(img_(x3));                                  // [n, 3, 32, 32]
}

std::vector<NamedParameter> StudentGenerator::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

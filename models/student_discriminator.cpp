#include "models/student_discriminator.h"

#include "models/blocks.h"

namespace burin::models {
namespace {

constexpr std::int64_t projected = 128;

ConvOptions halving(std::int64_t in, std::int64_t out) {
  return {.in = in, .out = out, .kernel = 4, .stride = 2, .pad = 1};
}

}  // namespace

StudentDiscriminator::StudentDiscriminator(const StudentDiscriminatorOptions& o)
    : options_(o),
      project_(LinearOptions{.in = 16 * o.width, .out = 2 * projected, .bias = false}),
      output_({.in = projected + o.classes, .out = 1, .bias = false}) {
  for (const ConvOptions& layer :
       {halving(3, o.width), halving(o.width, o.width), halving(o.width, 2 * o.width),
        halving(2 * o.width, 4 * o.width)})
    layers_.emplace_back(layer);
  initialize(*this, InitRule::orthogonal, o.seed);
}

std::vector<Value> StudentDiscriminator::features(const Value& image) const {
  std::vector<Value> out;
  for (const Spectral<Conv>& layer : layers_)
    out.push_back(leaky_relu(layer(out.empty() ? image : out.back()), 0.2f));
  return out;
}

Value StudentDiscriminator::judge(const Value& f4, const Value& kind) const {
  const Value parts[] = {glu(project_(flatten(f4))), kind};  // [n, 128] and [n, 10]
  return output_(concat(parts, 1));                          // [n, 1]
}

Value StudentDiscriminator::run(std::span<const Value> inputs) {
  return judge(features(inputs[0]).back(), inputs[1]);
}

std::vector<NamedParameter> StudentDiscriminator::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

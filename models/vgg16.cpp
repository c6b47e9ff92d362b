#include "models/vgg16.h"

namespace burin::models {
namespace {

std::vector<ConvNorm> stage(int depth, std::int64_t in, std::int64_t out) {
  std::vector<ConvNorm> layers;
  for (int i = 0; i < depth; ++i)
    layers.emplace_back(ConvOptions{.in = i == 0 ? in : out, .out = out, .kernel = 3, .pad = 1},
                        Activation::relu);
  return layers;
}

}  // namespace


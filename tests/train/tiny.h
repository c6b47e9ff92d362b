// A network of two convolutions with batch norm, and cases with stripes to find: training it takes
// milliseconds.
#pragma once

#include <string>
#include <vector>

#include "engine/nn/conv.h"
#include "engine/nn/norm.h"
#include "engine/ops/ops.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"
#include "train/trainer.h"

namespace burin::test {

struct TinyLayers {
  Conv conv1;
  BatchNorm norm;
  Conv conv2;
  template <class V>
  void visit(V&& v) {
    v("conv1", conv1);
    v("norm", norm);
    v("conv2", conv2);
  }
};

class TinyNetwork final : public Network {
 public:
  explicit TinyNetwork(std::int64_t classes = 1, std::uint64_t seed = 1)
      : layers_{Conv({.in = 2, .out = 8, .kernel = 3, .pad = 1}), BatchNorm({.channels = 8}),
                Conv({.in = 8, .out = classes, .kernel = 3, .pad = 1})} {
    initialize(layers_, InitRule::he_uniform, seed);
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "tiny"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "image", .shape = {1, 2, 16, 16}}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override {
    return burin::parameters(layers_);
  }

 private:
  Value run(std::span<const Value> inputs) override {
    return layers_.conv2(relu(layers_.norm(layers_.conv1(inputs[0]))));
  }

  TinyLayers layers_;
};

// Bright vertical stripes on noise; the stripe is the label.
inline train::Case striped(std::int64_t height, std::int64_t width, unsigned seed) {
  train::Case c{
      .id = "striped" + std::to_string(seed), .height = height, .width = width, .channels = 2};
  Random random(seed);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const bool stripe = (x / 3) % 3 == 0;
      c.image.push_back(0.5f + 0.3f * random.real() + (stripe ? 0.15f : 0.0f));
      c.image.push_back(0.5f + 0.5f * random.real());
      c.label.push_back(stripe);
    }
  return c;
}

}  // namespace burin::test

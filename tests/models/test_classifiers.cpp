#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "models/mobilenetv2.h"
#include "models/repvgg.h"
#include "models/resnet20.h"
#include "models/shufflenetv2.h"
#include "models/vgg16.h"
#include "tests/models/classifier_fixtures.h"
#include "tests/models/formula.h"
#include "tests/support/compare.h"

namespace burin::models {
namespace {

// Three pictures of the size that the fixtures were made with, in [-2, 2).
Tensor pictures() {
  const Tensor image = test::formula_image({3, 3, 32, 32});
  for (std::int64_t i = 0; i < image.elements(); ++i) image.data()[i] = 4 * image.data()[i] - 2;
  return image;
}

std::vector<float> logits_of(Network& network) {
  Tape tape(Mode::inference);
  const Value y = network.forward(tape.input(pictures()));
  CHECK(y.shape() == Shape{3, 10});
  return test::every(y.tensor());
}

double error_of(Network& network, double gain, std::span<const float> want) {
  test::set_by_formula(network, gain);
  return test::relative_l2(std::span<const float>(logits_of(network)), want);
}

}  // namespace

TEST_CASE("the forward pass of each classifier agrees with PyTorch") {
  Resnet20 resnet({});
  CHECK(error_of(resnet, 1.4, test::resnet20_logits) < 2e-5);
  Vgg16 vgg({});
  CHECK(error_of(vgg, 1.4, test::vgg16_logits) < 2e-5);
  MobilenetV2 mobilenet({});
  CHECK(error_of(mobilenet, 1.4, test::mobilenetv2_logits) < 2e-4);
  ShufflenetV2 shufflenet({});
  CHECK(error_of(shufflenet, 1.4, test::shufflenetv2_logits) < 2e-5);
  RepVgg repvgg({});
  CHECK(error_of(repvgg, 0.8, test::repvgg_logits) < 2e-5);
  CHECK(error_of(resnet, 1.3, test::resnet20_logits) > 1e-2);
}

TEST_CASE("the merged RepVGG is the same function with one convolution a block") {
  RepVgg trained({});
  test::set_by_formula(trained, 0.8);
  RepVgg merged = RepVgg::merged(trained);
  CHECK(merged.parameters().size() == 2 * 22 + 2);
  CHECK(test::relative_l2(std::span<const float>(logits_of(merged)),
                          std::span<const float>(logits_of(trained))) < 2e-5);
  RepVgg fresh({.merged = true, .seed = 5}), first({.seed = 5});
  CHECK(test::relative_l2(std::span<const float>(logits_of(fresh)),
                          std::span<const float>(logits_of(first))) < 2e-5);
}

TEST_CASE("names of tensors are those of the PyTorch code") {
  const auto has = [](Network& network, const char* wanted) {
    for (const NamedParameter& p : network.parameters())
      if (p.name == wanted) return true;
    return false;
  };
  Resnet20 resnet({});
  CHECK(has(resnet, "layer2.0.downsample.1.running_var"));
  Vgg16 vgg({});
  CHECK(has(vgg, "features.40.weight"));
  CHECK(has(vgg, "classifier.6.bias"));
  MobilenetV2 mobilenet({});
  CHECK(has(mobilenet, "features.1.conv.1.weight"));
  CHECK(has(mobilenet, "features.18.1.running_mean"));
  ShufflenetV2 shufflenet({});
  CHECK(has(shufflenet, "stage2.0.branch1.3.bias"));
  CHECK(has(shufflenet, "stage4.3.branch2.6.weight"));
  RepVgg repvgg({}), merged({.merged = true});
  CHECK(has(repvgg, "stage3.13.rbr_identity.weight"));
  CHECK(has(merged, "stage0.rbr_reparam.bias"));
}

TEST_CASE("every trainable parameter gets a gradient, through shuffles and dropout") {
  Resnet20 resnet({});
  ShufflenetV2 shufflenet({});
  MobilenetV2 mobilenet({});
  for (Network* network : {static_cast<Network*>(&resnet), static_cast<Network*>(&shufflenet),
                           static_cast<Network*>(&mobilenet)}) {
    Tape tape(Mode::training);
    const Value logits = network->forward(tape.input(pictures()));
    const Gradients gradients =
        tape.backward(logits, Tensor::from({3, 10}, test::formula_target(9, {3, 10})));
    for (const NamedParameter& p : network->parameters()) {
      INFO(std::string(network->name()) << " " << p.name);
      const Tensor& gradient = gradients.of(tape.leaf_of(p.parameter->value));
      REQUIRE(static_cast<bool>(gradient) == p.parameter->trainable);
      if (!gradient) continue;
      double size = 0;
      for (const float v : gradient.to_vector()) size += double(v) * double(v);
      CHECK(size > 0);
    }
  }
}

TEST_CASE("sizes: any of 8 or more, and 32 only where dense layers insist") {
  Resnet20 resnet({.classes = 7});
  Tape tape(Mode::shapes);
  CHECK(resnet.forward(tape.input(Shape{2, 3, 33, 50})).shape() == Shape{2, 7});
  CHECK_THROWS_AS(resnet.check_input({2, 3, 7, 32}), Error);
  CHECK_THROWS_AS(resnet.check_input({2, 1, 32, 32}), Error);
  Vgg16 vgg({});
  CHECK_THROWS_AS(vgg.check_input({2, 3, 64, 64}), Error);
}

}  // namespace burin::models

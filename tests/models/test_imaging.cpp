// pix2pix, the chest X-ray classifier, the 3-D networks and the student generator against PyTorch.
#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "models/pix2pix_discriminator.h"
#include "models/pix2pix_generator.h"
#include "models/student_generator.h"
#include "models/unet3d_a.h"
#include "models/unet3d_b.h"
#include "models/xray_cnn.h"
#include "tests/models/formula.h"
#include "tests/models/imaging_fixtures.h"
#include "tests/support/compare.h"

namespace burin::models {
namespace {

Tensor output_of(Network& network, std::vector<Tensor> inputs) {
  Tape tape(Mode::inference);
  std::vector<Value> values;
  for (const Tensor& t : inputs) values.push_back(tape.input(t));
  return network.forward(values).tensor();
}

double error_of(const Tensor& y, std::span<const float> want) {
  const std::vector<float> got = test::every(y, want.size());
  return test::relative_l2(std::span<const float>(got), want);
}

// The first rows and columns of a picture.
Tensor cut(const Tensor& t, std::int64_t height, std::int64_t width) {
  Tape tape(Mode::inference);
  return slice(slice(tape.input(t), 2, 0, height), 3, 0, width).tensor();
}

Shape shape_at(Network& network, const std::vector<Shape>& shapes) {
  Tape tape(Mode::shapes);
  return run_shapes(network, tape, shapes).shape();
}

}  // namespace

TEST_CASE("pix2pix: the generator agrees with PyTorch") {
  Pix2PixGenerator network({.width = 4});
  test::set_by_formula(network);
  const Tensor y = output_of(network, {test::formula_input("mask", {1, 3, 256, 512})});
  CHECK(y.shape() == Shape{1, 3, 256, 512});
  CHECK(error_of(y, test::pix2pix_image) < 2e-5);
  CHECK_THROWS_AS(network.check_input({1, 3, 128, 256}), Error);
  CHECK_THROWS_AS(network.check_input({1, 3, 256, 320}), Error);
}

TEST_CASE("pix2pix: the discriminator agrees with PyTorch and tells its inputs apart") {
  Pix2PixDiscriminator network({.width = 4});
  test::set_by_formula(network, 1.4);
  const Tensor mask = cut(test::formula_input("mask", {1, 3, 256, 512}), 95, 130);
  const Tensor image = cut(test::formula_input("image", {1, 3, 256, 512}), 95, 130);
  CHECK(error_of(output_of(network, {mask, image}), test::pix2pix_verdict) < 2e-5);
  CHECK(error_of(output_of(network, {image, mask}), test::pix2pix_verdict) > 1e-2);
  CHECK(shape_at(network, {{1, 3, 512, 512}, {1, 3, 512, 512}}) == Shape{1, 1, 30, 30});
  CHECK(shape_at(network, {{2, 3, 256, 256}, {2, 3, 256, 256}}) == Shape{2, 1, 14, 14});
  CHECK(shape_at(network, {{2, 3, 64, 64}, {2, 3, 64, 64}}) == Shape{2, 1, 2, 2});
  CHECK_THROWS_AS(network.check_input({1, 3, 512, 512}), Error);
}

TEST_CASE("the chest X-ray classifier agrees with PyTorch") {
  XrayCnn network({.width = 2, .dense = {48, 40, 32, 24, 8}});
  test::set_by_formula(network, 1.4);
  const Tensor y = output_of(network, {test::formula_image({2, 3, 300, 300})});
  CHECK(y.shape() == Shape{2, 2});
  CHECK(error_of(y, test::xray_logits) < 2e-5);
  CHECK_THROWS_AS(network.check_input({1, 3, 299, 300}), Error);
}

TEST_CASE("3-D network A agrees with PyTorch") {
  Unet3dA network({.width = 4});
  test::set_by_formula(network, 1.4);
  const Tensor y = output_of(network, {test::formula_input("volume", {1, 4, 32, 24, 40})});
  CHECK(y.shape() == Shape{1, 3, 32, 24, 40});
  CHECK(error_of(y, test::unet3d_a_logits) < 2e-5);
  CHECK_THROWS_AS(network.check_input({1, 4, 32, 24, 44}), Error);
  CHECK_THROWS_AS(network.check_input({1, 4, 32, 32}), Error);
}

TEST_CASE("3-D network B agrees with PyTorch, under nnU-Net's names") {
  Unet3dB network({.width = 2});
  test::set_by_formula(network, 1.4);
  const Tensor y = output_of(network, {test::formula_input("volume", {1, 4, 64, 64, 96})});
  CHECK(y.shape() == Shape{1, 4, 64, 64, 96});
  CHECK(error_of(y, test::unet3d_b_logits) < 2e-5);
  CHECK_THROWS_AS(network.check_input({1, 4, 64, 64, 80}), Error);
  std::vector<std::string> names;
  for (const NamedParameter& p : network.parameters()) names.push_back(p.name);
  CHECK(names.size() == 22 * 4 + 5 + 1);
  CHECK(names.front() == "conv_blocks_context.0.blocks.0.conv.weight");
  CHECK(names.back() == "seg_outputs.4.weight");
}

TEST_CASE("the student generator agrees with PyTorch and starts from orthogonal weights") {
  StudentGenerator network({});
  const std::vector<float> gamma = network.parameters()[1].parameter->value.to_vector();
  CHECK(network.parameters()[1].name == "project.1.weight");
  CHECK(gamma != std::vector<float>(256, 1.0f));
  test::set_by_formula(network, 1.4);
  const Tensor y = output_of(network, {test::formula_input("noise", {3, 512}), test::one_hot(3)});
  CHECK(y.shape() == Shape{3, 3, 32, 32});
  CHECK(error_of(y, test::student_image) < 2e-5);
  CHECK_THROWS_AS(network.check_inputs(std::vector<Shape>{{3, 512}, {2, 10}}), Error);
}

}  // namespace burin::models

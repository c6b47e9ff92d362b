// The discriminator of DiStyleGAN, its spectral norms, and the teacher against PyTorch.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "models/student_discriminator.h"
#include "models/teacher_generator.h"
#include "tests/models/formula.h"
#include "tests/models/generator_fixtures.h"
#include "tests/support/compare.h"

namespace burin::models {
namespace {

double error_of(const Tensor& y, std::span<const float> want) {
  const std::vector<float> got = test::every(y, want.size());
  return test::relative_l2(std::span<const float>(got), want);
}

Value judge(StudentDiscriminator& network, Tape& tape) {
  const Value in[] = {tape.input(test::formula_input("image", {4, 3, 32, 32})),
                      tape.input(test::one_hot(4))};
  return network.forward(in);
}

const Tensor& value_of(Network& network, std::string_view name) {
  for (const NamedParameter& p : network.parameters())
    if (p.name == name) return p.parameter->value;
  throw Error("test", "a parameter", std::string(name));
}

// Weights of variance 1, those of the mapping 100 times that; styles around 1.
void set_units(Network& network) {
  for (const NamedParameter& p : network.parameters()) {
    const Tensor& t = p.parameter->value;
    const std::vector<double> numbers = test::hashed(p.name, t.elements());
    const double spread = std::sqrt(3.0) * (p.name.starts_with("mapping.fc") ? 100 : 1);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      t.data()[i] = static_cast<float>(t.shape().rank() > 1              ? spread * numbers[i]
                                       : p.name.ends_with("affine.bias") ? 1 + 0.25 * numbers[i]
                                                                         : 0.1 * numbers[i]);
    t.storage()->bump_version();
  }
}

Tensor image_of(Network& network) {
  Tape tape(Mode::inference);
  const Value in[] = {tape.input(test::formula_input("noise", {2, 32})),
                      tape.input(test::one_hot(2))};
  return network.forward(in).tensor();
}

}  // namespace

TEST_CASE("the discriminator agrees with PyTorch: two steps of its norms, and a gradient") {
  StudentDiscriminator network({.width = 16});
  test::set_by_formula(network, 1.4);
  Tape tape(Mode::training);
  const Value verdict = judge(network, tape);
  CHECK(verdict.shape() == Shape{4, 1});
  CHECK(error_of(verdict.tensor(), test::judge_verdict) < 2e-5);
  const std::vector<float> after_one = value_of(network, "netD.1.0.weight_u").to_vector();
  const Gradients gradients = tape.backward(verdict, Tensor::full({4, 1}, 1.0f));
  const int leaf = tape.leaf_of(value_of(network, "netD.1.0.weight_orig"));
  CHECK(error_of(gradients.of(leaf), test::judge_gradient) < 5e-5);
  Tape second(Mode::training);
  CHECK(error_of(judge(network, second).tensor(), test::judge_second_verdict) < 2e-5);
  const std::vector<float> after_two = value_of(network, "netD.1.0.weight_u").to_vector();
  CHECK(after_one != after_two);
  Tape inference(Mode::inference);
  CHECK(error_of(judge(network, inference).tensor(), test::judge_second_verdict) < 2e-5);
  CHECK(value_of(network, "netD.1.0.weight_u").to_vector() == after_two);
}

TEST_CASE("one tape holds two calls of the discriminator, each with its own norms") {
  StudentDiscriminator network({.width = 16});
  test::set_by_formula(network, 1.4);
  Tape tape(Mode::training);
  const Value first = judge(network, tape), again = judge(network, tape);
  CHECK(first.tensor().to_vector() != again.tensor().to_vector());
  const Gradients gradients = tape.backward(first, Tensor::full({4, 1}, 1.0f));
  const int leaf = tape.leaf_of(value_of(network, "netD.1.0.weight_orig"));
  CHECK(error_of(gradients.of(leaf), test::judge_gradient) < 5e-5);
}

TEST_CASE("a fresh discriminator: orthogonal weights have a spectral norm of 1") {
  StudentDiscriminator network({});
  for (const char* name : {"netD.0.0", "netD.3.0", "project.0"}) {
    Tape tape(Mode::inference);
    const std::string path = name;
    const Tensor& w = value_of(network, path + ".weight_orig");
    const Tensor &u = value_of(network, path + ".weight_u"),
                 &v = value_of(network, path + ".weight_v");
    const std::int64_t rows = u.elements(), columns = v.elements();
    const Value wv =
        matmul(tape.input(w.reshape({rows, columns})), tape.input(v.reshape({columns, 1})));
    const Value sigma = matmul(tape.input(u.reshape({1, rows})), wv);
    CHECK(sigma.tensor().to_vector()[0] == doctest::Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("the teacher agrees with PyTorch, with truncation and without") {
  TeacherGenerator network({.width = 32}), truncated({.width = 32, .truncation = 0.5f});
  set_units(network);
  set_units(truncated);
  const Tensor image = image_of(network);
  CHECK(image.shape() == Shape{2, 3, 32, 32});
  CHECK(error_of(image, test::teacher_image) < 2e-5);
  CHECK(error_of(image_of(truncated), test::teacher_truncated) < 2e-5);
  CHECK(error_of(image, test::teacher_truncated) > 1e-2);
}

TEST_CASE("the teacher has the names and starting values of the published code") {
  TeacherGenerator network({.width = 64});
  const auto deviation = [&](const char* name) {
    double sum = 0;
    const Tensor& t = value_of(network, name);
    for (const float v : t.to_vector()) sum += double(v) * double(v);
    return std::sqrt(sum / double(t.elements()));
  };
  CHECK(deviation("mapping.fc0.weight") == doctest::Approx(100).epsilon(0.05));
  CHECK(deviation("mapping.fc0.bias") == 0);
  CHECK(deviation("synthesis.b8.conv0.weight") == doctest::Approx(1).epsilon(0.05));
  CHECK(deviation("synthesis.b8.conv0.affine.weight") == doctest::Approx(1).epsilon(0.05));
  CHECK(deviation("synthesis.b32.torgb.affine.bias") == 1);
  CHECK(deviation("synthesis.b4.const") == doctest::Approx(1).epsilon(0.1));
  CHECK(deviation("synthesis.b32.conv1.noise_const") == doctest::Approx(1).epsilon(0.1));
  CHECK(deviation("synthesis.b16.conv1.noise_strength") == 0);
  CHECK(value_of(network, "mapping.w_avg").shape() == Shape{64});
}

TEST_CASE("every trainable parameter of the teacher gets a gradient") {
  TeacherGenerator network({.width = 16});
  set_units(network);
  Tape tape(Mode::training);
  const Value in[] = {tape.input(test::formula_input("noise", {2, 16})),
                      tape.input(test::one_hot(2))};
  const Value image = network.forward(in);
  const Gradients gradients = tape.backward(image, test::formula_input("dy", image.shape()));
  for (const NamedParameter& p : network.parameters()) {
    INFO(p.name);
    if (!p.parameter->trainable) continue;
    const Tensor& gradient = gradients.of(tape.leaf_of(p.parameter->value));
    REQUIRE(static_cast<bool>(gradient));
    double size = 0;
    for (const float v : gradient.to_vector()) size += double(v) * double(v);
    CHECK(size > 0);
  }
}

}  // namespace burin::models

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/nn/conv.h"
#include "engine/nn/linear.h"
#include "engine/nn/norm.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

struct Block {
  Conv conv;
  BatchNorm norm;
  std::vector<Linear> heads;
  Block()
      : conv({.in = 4, .out = 6, .kernel = 3, .pad = 1}),
        norm({.channels = 6}),
        heads{Linear({.in = 6, .out = 2}), Linear({.in = 6, .out = 3, .bias = false})} {}
  template <class V>
  void visit(V&& v) {
    v("conv", conv);
    v("norm", norm);
    v("heads", heads);
  }
};

double largest(const Tensor& t) {
  double out = 0;
  for (const float v : t.to_vector()) out = std::max(out, std::abs(double(v)));
  return out;
}

}  // namespace

TEST_CASE("names, order and kinds of parameters") {
  Block block;
  std::string names;
  for (const NamedParameter& p : parameters(block)) {
    names += p.name + (p.parameter->trainable ? " " : "* ");
    CHECK(p.parameter->name == p.name);
  }
  CHECK(names ==
        "conv.weight conv.bias norm.weight norm.bias norm.running_mean* norm.running_var* "
        "heads.0.weight heads.0.bias heads.1.weight ");
}

TEST_CASE("shapes of weights") {
  CHECK(Conv({.in = 8, .out = 12, .kernel = {1, 3, 5}, .groups = 4}).weight.value.shape() ==
        Shape{12, 2, 3, 5});
  CHECK(Conv({.in = 8, .out = 12, .kernel = {2, 3, 5}, .dims = 3}).weight.value.shape() ==
        Shape{12, 8, 2, 3, 5});
  CHECK(ConvTranspose({.in = 8, .out = 12, .groups = 2}).weight.value.shape() == Shape{8, 6, 2, 2});
  CHECK(Linear({.in = 5, .out = 7}).weight.value.shape() == Shape{7, 5});
  CHECK(!Conv({.in = 1, .out = 1, .bias = false}).bias.value);
  CHECK(!GroupNorm({.channels = 4, .groups = 2, .affine = false}).weight.value);
}

TEST_CASE("options that cannot be") {
  CHECK_THROWS_AS(Conv({.in = 0, .out = 4}), Error);
  CHECK_THROWS_AS(Conv({.in = 4, .out = 6, .groups = 4}), Error);
  CHECK_THROWS_AS(ConvTranspose({.in = 4, .out = 6, .groups = 0}), Error);
  CHECK_THROWS_AS(Conv({.in = 4, .out = 4, .dims = 4}), Error);
  CHECK_THROWS_AS(Linear({.in = 4}), Error);
  CHECK_THROWS_AS(BatchNorm({.channels = 0}), Error);
  CHECK_THROWS_AS(GroupNorm({.channels = 6, .groups = 4}), Error);
}

TEST_CASE("initial values: bounds of the rules, seeds, independence of the thread count") {
  Conv conv({.in = 16, .out = 32, .kernel = 3});
  conv.initialize(InitRule::fan_in_uniform, 1, 0);
  const double fan_in = 1 / std::sqrt(16.0 * 9);
  CHECK(largest(conv.weight.value) <= fan_in);
  CHECK(largest(conv.weight.value) > 0.99 * fan_in);
  CHECK(largest(conv.bias.value) <= fan_in);
  CHECK(largest(conv.bias.value) > 0.5 * fan_in);
  conv.initialize(InitRule::glorot_uniform, 1, 0);
  const double glorot = std::sqrt(6.0 / (9 * (16 + 32)));
  CHECK(largest(conv.weight.value) <= glorot);
  CHECK(largest(conv.weight.value) > 0.99 * glorot);
  CHECK(largest(conv.bias.value) == 0);
  ConvTranspose up({.in = 64, .out = 16});
  up.initialize(InitRule::fan_in_uniform, 1, 0);
  CHECK(largest(up.weight.value) >
        0.99 / std::sqrt(16.0 * 4));  // fan of the outputs: [in, out, 2, 2]
  CHECK(largest(up.weight.value) <= 1 / std::sqrt(16.0 * 4));

  Block a, b, c;
  initialize(a, InitRule::he_uniform, 5);
  runtime::configure({.threads = 3});
  initialize(b, InitRule::he_uniform, 5);
  runtime::configure({});
  initialize(c, InitRule::he_uniform, 6);
  CHECK(a.conv.weight.value.to_vector() == b.conv.weight.value.to_vector());
  CHECK(a.heads[1].weight.value.to_vector() == b.heads[1].weight.value.to_vector());
  CHECK(a.conv.weight.value.to_vector() != c.conv.weight.value.to_vector());
  CHECK(a.heads[0].weight.value.to_vector()[0] != a.heads[1].weight.value.to_vector()[0]);
  CHECK(a.norm.weight.value.to_vector() == std::vector<float>(6, 1.0f));
  CHECK(a.norm.running_var.value.to_vector() == std::vector<float>(6, 1.0f));
}

TEST_CASE("initial values: deviations of the normal rules") {
  const auto deviation = [](const Tensor& t) {
    double sum = 0;
    for (const float v : t.to_vector()) sum += double(v) * double(v);
    return std::sqrt(sum / double(t.elements()));
  };
  const Conv conv({.in = 32, .out = 64, .kernel = 3});  // 18432 weights: deviations to 1 %
  conv.initialize(InitRule::normal(0.02), 1, 0);
  CHECK(deviation(conv.weight.value) == doctest::Approx(0.02).epsilon(0.02));
  CHECK(largest(conv.bias.value) == 0);
  conv.initialize(InitRule::he_normal(InitRule::Per::fan_out), 1, 0);
  CHECK(deviation(conv.weight.value) == doctest::Approx(std::sqrt(2.0 / 576)).epsilon(0.02));
  conv.initialize(InitRule::he_normal(InitRule::Per::fan_in, 1.0), 1, 0);
  CHECK(deviation(conv.weight.value) == doctest::Approx(std::sqrt(1.0 / 288)).epsilon(0.02));

  Block block;
  initialize(block, InitRule::normal(0.02), 1);
  CHECK(block.norm.weight.value.to_vector() == std::vector<float>(6, 1.0f));
  initialize(block, InitRule::normal(0.02).with_norms(0.1), 1);
  const std::vector<float> w = block.norm.weight.value.to_vector();
  CHECK(*std::min_element(w.begin(), w.end()) < 1);
  CHECK(*std::max_element(w.begin(), w.end()) < 1.7f);
  CHECK(largest(block.norm.bias.value) == 0);
}

TEST_CASE("orthogonal weights: W W^T = 1, or W^T W = 1 where there are fewer columns") {
  for (const auto& sizes : {std::pair{40, 30}, {30, 40}, {33, 33}}) {
    const int in = sizes.first, out = sizes.second;
    const Linear layer({.in = in, .out = out});
    layer.initialize(InitRule::orthogonal, 3, 0);
    CHECK(largest(layer.bias.value) == 0);
    const std::vector<float> w = layer.weight.value.to_vector();
    const int count = std::min(in, out), length = std::max(in, out);
    const auto at = [&](int i, int k) {
      return double(w[std::size_t(out <= in ? i * in + k : k * in + i)]);
    };
    double worst = 0;
    for (int i = 0; i < count; ++i)
      for (int j = 0; j <= i; ++j) {
        double sum = i == j ? -1 : 0;
        for (int k = 0; k < length; ++k) sum += at(i, k) * at(j, k);
        worst = std::max(worst, std::abs(sum));
      }
    CHECK(worst < 1e-6);
  }
}

TEST_CASE("layers run, and their leaves carry the names") {
  Block block;
  initialize(block, InitRule::he_uniform, 1);
  (void)parameters(block);
  Tape tape(Mode::training);
  const Value x = tape.input(Tensor::full({2, 4, 5, 5}, 1.0f));
  const Value y = block.norm(block.conv(x));
  CHECK(y.shape() == Shape{2, 6, 5, 5});
  const Value up = ConvTranspose({.in = 6, .out = 3})(y);
  CHECK(up.shape() == Shape{2, 3, 10, 10});
  CHECK(tape.nodes()[static_cast<std::size_t>(tape.leaf_of(block.conv.weight.value))].name ==
        "conv.weight");
  const Gradients g = tape.backward(y, Tensor::full(y.shape(), 1.0f));
  CHECK(g.of(tape.leaf_of(block.norm.bias.value)).to_vector() == std::vector<float>(6, 50.0f));
  CHECK(!g.of(tape.leaf_of(block.norm.running_mean.value)));
  const Value volume = Conv({.in = 4, .out = 2, .kernel = 3, .stride = 2, .pad = 1, .dims = 3})(
      Tape(Mode::inference).input(Tensor::full({1, 4, 5, 6, 7}, 1.0f)));
  CHECK(volume.shape() == Shape{1, 2, 3, 3, 4});
}

TEST_CASE("norms have mean 0 and variance 1 over what they normalize") {
  std::vector<float> numbers(2 * 4 * 3 * 3);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>((i * 37) % 23);
  const Tensor x = Tensor::from({2, 4, 3, 3}, numbers);
  Tape tape(Mode::training);
  const Value v = tape.input(x);
  const auto moments = [](const std::vector<float>& y, std::size_t count) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sum += double(y[i]);
      squares += double(y[i]) * double(y[i]);
    }
    CHECK(std::abs(sum / double(count)) < 1e-5);
    CHECK(squares / double(count) == doctest::Approx(1).epsilon(1e-4));
  };
  moments(InstanceNorm({.channels = 4})(v).tensor().to_vector(), 9);
  moments(GroupNorm({.channels = 4, .groups = 2})(v).tensor().to_vector(), 18);
  moments(InstanceNorm({.channels = 4, .affine = false})(v).tensor().to_vector(), 9);
  moments(GroupNorm({.channels = 4, .groups = 2, .affine = false})(v).tensor().to_vector(), 18);
  const BatchNorm batch({.channels = 4});
  moments(batch(v).tensor().reshape({2, 36}).to_vector(), 72);
  CHECK(largest(batch.running_mean.value) > 0);
}

}  // namespace burin

// Optimizers against PyTorch 2 in double: three steps on four numbers.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "train/ema.h"
#include "train/optimizer.h"

using namespace burin;
using namespace burin::train;

namespace {

using Numbers = std::vector<double>;

Tensor row(std::vector<float> numbers) {
  return Tensor::from({1, static_cast<std::int64_t>(numbers.size())}, numbers, Order::row_major);
}

void check(const OptimizerOptions& options, double rate, const Numbers& want, double scale = 1.0) {
  Parameter p{.value = row({0.5f, -1.25f, 2.0f, 0.0f})};
  const std::vector<NamedParameter> named = {{"w", &p}};
  Optimizer optimizer(options, named);
  for (const auto& g : {std::vector<float>{0.1f, -0.2f, 0.3f, 1.0f},
                        {0.05f, 0.4f, -0.6f, -1.0f},
                        {-0.3f, 0.2f, 0.1f, 0.5f}}) {
    std::vector<float> scaled = g;
    for (auto& v : scaled) v *= static_cast<float>(1 / scale);
    const Tensor gradient = row(scaled);
    optimizer.step({&gradient, 1}, rate, scale);
  }
  const auto got = p.value.to_vector();
  CHECK(test::relative_l2(std::span<const float>(got), std::span<const double>(want)) < 1e-6);
}

}  // namespace

TEST_CASE("three steps of each kind") {
  using enum OptimizerKind;
  check({.kind = sgd}, 0.1, {0.515, -1.29, 2.02, -0.05});
  check({.kind = sgd, .momentum = 0.9, .weight_decay = 0.01}, 0.1,
        {0.4906403895, -1.28482947875, 2.011543568, -0.13072010000000003});
  check({.kind = sgd, .momentum = 0.9, .nesterov = true}, 0.1,
        {0.50906, -1.32762, 2.04043, -0.1679});
  check({.kind = adam}, 0.01,
        {0.4841504406730389, -1.2488534436331664, 1.9955176275124389, -0.011220939437527765});
  check({.kind = adam, .epsilon = 1e-7, .weight_decay = 0.1}, 0.01,
        {0.4811621609628824, -1.24061500763148, 1.9863302896940604, -0.011207663064905282});
  check({.kind = adamw, .weight_decay = 0.1}, 0.01,
        {0.4826812519662487, -1.2451235213470124, 1.9895399544765793, -0.011201475753511875});
  check({.kind = rmsprop}, 0.01,
        {0.4489055997828121, -1.2805624693726212, 1.9747009580817951, -0.06266891925200777});
  check({.kind = rmsprop, .momentum = 0.9, .alpha = 0.95, .weight_decay = 0.01}, 0.01,
        {0.380615442192118, -1.2217212765276801, 1.9454707398538433, -0.07573658532137344});
  check({.kind = adadelta, .epsilon = 1e-6}, 1.0,
        {0.49932989034107933, -1.2534334865054073, 1.9999466260764462, -0.001858485856101957});
  check({.kind = adadelta, .epsilon = 1e-6, .rho = 0.95, .weight_decay = 0.1}, 0.5,
        {0.4989429119194222, -1.2505141231357704, 1.9981429478709425, -0.0013012534080242661});
}

TEST_CASE("gradient_scale multiplies the gradient") {
  check({.kind = OptimizerKind::sgd, .momentum = 0.9, .nesterov = true}, 0.1,
        {0.50906, -1.32762, 2.04043, -0.1679}, 0.25);
}

TEST_CASE("vectors are not decayed unless asked; statistics are left alone") {
  Parameter bias{.value = Tensor::full({4}, 1.0f)};
  Parameter statistic{.value = Tensor::full({4}, 1.0f), .trainable = false};
  const std::vector<NamedParameter> named = {{"bias", &bias}, {"mean", &statistic}};
  const Tensor zero = Tensor::zeros({4});
  Optimizer keeps({.kind = OptimizerKind::adamw, .weight_decay = 0.5}, named);
  REQUIRE(keeps.parameters().size() == 1);
  keeps.step({&zero, 1}, 0.1);
  CHECK(bias.value.to_vector()[0] == 1.0f);
  Optimizer decays({.kind = OptimizerKind::adamw, .weight_decay = 0.5, .decay_vectors = true},
                   named);
  decays.step({&zero, 1}, 0.1);
  CHECK(bias.value.to_vector()[0] == doctest::Approx(0.95));
  CHECK(statistic.value.to_vector()[0] == 1.0f);
}

TEST_CASE("a step bumps the version; an undefined gradient leaves its parameter alone") {
  Parameter p{.value = Tensor::full({2, 2}, 1.0f, Order::row_major)};
  const std::vector<NamedParameter> named = {{"w", &p}};
  Optimizer optimizer({}, named);
  const auto before = p.value.storage()->version();
  const Tensor none;
  optimizer.step({&none, 1}, 0.1);
  CHECK(p.value.storage()->version() == before);
  const Tensor gradient = Tensor::full({2, 2}, 1.0f, Order::row_major);
  optimizer.step({&gradient, 1}, 0.1);
  CHECK(p.value.storage()->version() > before);
}

TEST_CASE("the same bits for 1, 2 and 3 threads") {
  std::vector<float> first, norm;
  for (const int threads : {1, 2, 3}) {
    runtime::configure({.threads = threads, .bind = runtime::Bind::none});
    test::Random random(1);
    Parameter p{.value = Tensor::from({100, 1000}, random.reals(100000), Order::row_major)};
    const std::vector<NamedParameter> named = {{"w", &p}};
    Optimizer optimizer({.kind = OptimizerKind::adam}, named);
    Ema ema(0.9, named);
    const Tensor g = Tensor::from({100, 1000}, random.reals(100000), Order::row_major);
    for (int i = 0; i < 3; ++i) {
      optimizer.step({&g, 1}, 0.01, clip_factor(global_norm({&g, 1}), 1.0));
      ema.update();
    }
    ema.swap();
    const auto bits = p.value.to_vector();
    if (first.empty()) first = bits;
    CHECK(bits == first);
  }
  runtime::configure({});
}

TEST_CASE("norm, clipping, accumulation") {
  const Tensor a = Tensor::full({1, 9}, 2.0f, Order::row_major), b = Tensor::full({4}, 4.0f);
  const std::vector<Tensor> gradients = {a, Tensor(), b};
  CHECK(global_norm(gradients) == doctest::Approx(10.0));
  CHECK(clip_factor(10, 0) == 1.0);
  CHECK(clip_factor(10, 20) == 1.0);
  CHECK(clip_factor(10, 5) == doctest::Approx(0.5));
  std::vector<Tensor> sum(3);
  accumulate(sum, gradients);
  accumulate(sum, gradients);
  CHECK(sum[0].to_vector()[8] == 4.0f);
  CHECK(a.to_vector()[8] == 2.0f);
  CHECK_FALSE(static_cast<bool>(sum[1]));
}

TEST_CASE("the average forgets its start and swaps back") {
  Parameter p{.value = Tensor::full({3}, 1.0f)};
  const std::vector<NamedParameter> named = {{"w", &p}};
  Ema ema(0.999, named);
  p.value.fill(3.0f);
  ema.update();  // d = min(0.999, 2/11)
  ema.swap();
  CHECK(p.value.to_vector()[0] == doctest::Approx(1 + (1 - 2.0 / 11) * 2));
  ema.swap();
  CHECK(p.value.to_vector()[0] == 3.0f);
  CHECK_THROWS_AS(Ema(1.0, named), Error);
}

TEST_CASE("options out of range are refused") {
  const std::vector<NamedParameter> none;
  CHECK_THROWS_AS(Optimizer({.beta1 = 1.0}, none), Error);
  CHECK_THROWS_AS(Optimizer({.epsilon = 0}, none), Error);
  CHECK_THROWS_AS(Optimizer({.nesterov = true}, none), Error);
  CHECK_THROWS_AS((void)optimizer_from("adagrad"), Error);
}

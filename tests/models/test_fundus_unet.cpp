#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "models/fundus_unet.h"
#include "tests/models/fixtures.h"
#include "tests/models/formula.h"
#include "tests/support/compare.h"

namespace burin::models {
namespace {

Value loss_of(const Value& logits) {
  const Shape& shape = logits.shape();
  const Tensor truth = Tensor::from(shape, test::formula_target(2, shape));
  return dice_loss(logits, logits.tape().input(truth), {.smooth = 1.0f, .from_logits = true});
}

double error_of(const Value& y, std::span<const float> want) {
  const std::vector<float> got = test::every(y.tensor());
  return test::relative_l2(std::span<const float>(got), want);
}

}  // namespace

TEST_CASE("forward agrees with PyTorch, with its own blue kernel and without") {
  for (const bool faithful : {false, true}) {
    INFO("faithful: " << faithful);
    FundusUnet network({.faithful = faithful});
    test::set_by_formula(network);
    Tape tape(Mode::inference);
    const Value y = network.forward(tape.input(test::formula_image({1, 3, 48, 48})));
    CHECK(y.shape() == Shape{1, 1, 48, 48});
    const auto& right = faithful ? test::fundus_faithful : test::fundus_own_blue;
    const auto& other = faithful ? test::fundus_own_blue : test::fundus_faithful;
    CHECK(error_of(y, right) < 2e-5);
    CHECK(error_of(y, other) > 1e-2);
  }
}

TEST_CASE("the linear transform agrees with PyTorch") {
  FundusUnet network({});
  test::set_by_formula(network);
  Tape tape(Mode::inference);
  const Value y = network.linear_transform(tape.input(test::formula_image({1, 3, 16, 24})));
  CHECK(y.shape() == Shape{1, 1, 16, 24});
  CHECK(error_of(y, test::fundus_front) < 1e-5);
}

TEST_CASE("ten losses of gradient descent agree with PyTorch, and every parameter moves") {
  FundusUnet network({});
  test::set_by_formula(network);
  std::vector<std::vector<float>> before;
  for (const NamedParameter& p : network.parameters())
    before.push_back(p.parameter->value.to_vector());
  const std::vector<float> losses =
      test::descend(network, test::formula_image({2, 3, 32, 32}), loss_of, 0.2f, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    INFO(i);
    CHECK(losses[i] == doctest::Approx(test::fundus_losses[i]).epsilon(i < 2 ? 1e-4 : 2e-2));
  }
  std::size_t at = 0;
  for (const NamedParameter& p : network.parameters()) {
    INFO(p.name);
    CHECK(p.parameter->value.to_vector() != before[at++]);
  }
}

TEST_CASE("overfits one batch") {
  FundusUnet network({});
  const Tensor image = test::formula_image({2, 3, 16, 16});
  const Tensor truth = Tensor::zeros({2, 1, 16, 16});
  for (std::int64_t n = 0; n < 2; ++n)
    for (std::int64_t h = 0; h < 16; ++h)
      for (std::int64_t w = 4 + 2 * n; w < 6 + 2 * n; ++w) {
        truth.data()[(n * 16 + h) * 16 + w] = 1;
        image.data()[((n * 16 + h) * 16 + w) * 3 + 1] *= 0.1f;  // dark in green, like a vessel
      }
  const auto loss = [&truth](const Value& logits) {
    return dice_loss(logits, logits.tape().input(truth), {.smooth = 1.0f, .from_logits = true});
  };
  const std::vector<float> losses = test::descend(network, image, loss, 2.0f, 20);
  CHECK(losses.front() > 0.5f);
  CHECK(*std::min_element(losses.begin(), losses.end()) < 0.15f);  // steps this large jitter
}

TEST_CASE("Glorot bounds of the front's kernels, one channel in and out each") {
  FundusUnet network({});
  const Tensor weight = network.parameters()[0].parameter->value;
  CHECK(weight.shape() == Shape{3, 1, 3, 3});
  const std::vector<float> w = weight.to_vector();
  double largest = 0;
  for (const float v : w) largest = std::max(largest, std::abs(double(v)));
  CHECK(largest <= std::sqrt(6.0 / 18.0));
  CHECK(largest > 0.4);
  CHECK(!std::equal(w.begin(), w.begin() + 9, w.begin() + 9));
}

TEST_CASE("sizes: multiples of 8, and 48 only where the published code insists") {
  FundusUnet corrected({}), faithful({.faithful = true});
  CHECK_NOTHROW(corrected.check_input({2, 3, 8, 512}));
  for (const Shape& bad :
       {Shape{1, 3, 47, 48}, Shape{1, 1, 48, 48}, Shape{3, 48, 48}, Shape{1, 3, 0, 8}})
    CHECK_THROWS_AS(corrected.check_input(bad), Error);
  CHECK_NOTHROW(faithful.check_input({7, 3, 48, 48}));
  CHECK_THROWS_AS(faithful.check_input({1, 3, 96, 96}), Error);
  Tape tape(Mode::shapes);
  CHECK(corrected.forward(tape.input(Shape{1, 3, 8, 24})).shape() == Shape{1, 1, 8, 24});
}

}  // namespace burin::models

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "engine/runtime/workers.h"
#include "models/unet.h"
#include "tests/models/fixtures.h"
#include "tests/models/formula.h"
#include "tests/support/compare.h"

namespace burin::models {
namespace {

UnetOptions small() { return {.width = 8}; }

Tensor classes(const Shape& shape) {
  const Tensor out = Tensor::empty(shape, DType::i32, Order::row_major);
  const std::vector<float> numbers = test::formula_target(5, shape);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    out.data<std::int32_t>()[i] = static_cast<std::int32_t>(numbers[i]);
  return out;
}

Value loss_of(const Value& logits) {
  return cross_entropy_loss(logits, logits.tape().input(classes({2, 32, 48})), {});
}

}  // namespace

TEST_CASE("names of tensors are those of the PyTorch code") {
  Unet network(small());
  std::vector<std::string> names;
  for (const NamedParameter& p : network.parameters()) names.push_back(p.name);
  REQUIRE(names.size() == 2 * 5 * 9 + 4 * 2 + 2);
  CHECK(names.front() == "inc.double_conv.0.weight");
  CHECK(names[4] == "inc.double_conv.1.running_var");
  CHECK(names.back() == "outc.conv.bias");
  for (const char* wanted : {"down4.maxpool_conv.1.double_conv.4.running_mean", "up1.up.weight",
                             "up3.conv.double_conv.3.weight"})
    CHECK(std::find(names.begin(), names.end(), wanted) != names.end());
}

TEST_CASE("forward agrees with PyTorch where the sizes are odd") {
  Unet network(small());
  test::set_by_formula(network);
  Tape tape(Mode::inference);
  const Value y = network.forward(tape.input(test::formula_image({2, 3, 37, 45})));
  CHECK(y.shape() == Shape{2, 5, 37, 45});
  const std::vector<float> got = test::every(y.tensor());
  CHECK(test::relative_l2(std::span<const float>(got), std::span<const float>(test::damage_odd)) <
        2e-5);
}

TEST_CASE("ten losses of gradient descent agree with PyTorch") {
  Unet network(small());
  test::set_by_formula(network);
  const std::vector<float> losses =
      test::descend(network, test::formula_image({2, 3, 32, 48}), loss_of, 0.1f, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    INFO(i);
    CHECK(losses[i] == doctest::Approx(test::damage_losses[i]).epsilon(2e-3));
  }
  CHECK(losses[0] == doctest::Approx(test::damage_losses[0]).epsilon(2e-5));
}

TEST_CASE("every trainable parameter gets a gradient that is not zero") {
  Unet network(small());
  Tape tape(Mode::training);
  const Value loss = loss_of(network.forward(tape.input(test::formula_image({2, 3, 32, 48}))));
  const Gradients gradients = tape.backward(loss);
  for (const NamedParameter& p : network.parameters()) {
    INFO(p.name);
    const Tensor& gradient = gradients.of(tape.leaf_of(p.parameter->value));
    REQUIRE(static_cast<bool>(gradient) == p.parameter->trainable);
    if (!gradient) continue;
    double size = 0;
    for (const float v : gradient.to_vector()) size += double(v) * double(v);
    CHECK(size > 0);
  }
}

TEST_CASE("a step gives the same bits for 1, 2 and 3 threads") {
  std::vector<std::vector<float>> runs;
  for (const int threads : {1, 2, 3}) {
    runtime::configure({.threads = threads});
    Unet network(small());
    std::vector<float> run =
        test::descend(network, test::formula_image({2, 3, 32, 48}), loss_of, 0.1f, 2);
    for (const NamedParameter& p : network.parameters()) {
      const std::vector<float> numbers = p.parameter->value.to_vector();
      run.insert(run.end(), numbers.begin(), numbers.end());
    }
    runs.push_back(run);
  }
  runtime::configure({});
  CHECK(runs[0] == runs[1]);
  CHECK(runs[0] == runs[2]);
}

TEST_CASE("overfits one batch") {
  Unet network(small());
  Tensor image = Tensor::zeros({2, 3, 32, 48});
  image.channel_slice(0, 1).fill(0.5f);
  const Tensor truth = Tensor::zeros({2, 32, 48}, DType::i32, Order::row_major);
  // Class 1 where the second channel is lit: a square of 9 pixels a side in each picture.
  for (std::int64_t n = 0; n < 2; ++n)
    for (std::int64_t h = 5; h < 14; ++h)
      for (std::int64_t w = 20 * n + 6; w < 20 * n + 15; ++w) {
        image.data()[((n * 32 + h) * 48 + w) * 3 + 1] = 1;
        truth.data<std::int32_t>()[(n * 32 + h) * 48 + w] = 1;
      }
  const auto loss = [&truth](const Value& logits) {
    return cross_entropy_loss(logits, logits.tape().input(truth), {});
  };
  const std::vector<float> losses = test::descend(network, image, loss, 0.2f, 60);
  CHECK(losses.front() > 1.0f);
  CHECK(losses.back() < 0.05f);
}

TEST_CASE("inputs that do not fit") {
  Unet network(small());
  for (const Shape& bad : {Shape{1, 4, 32, 32}, Shape{1, 3, 15, 32}, Shape{1, 3, 32, 8},
                           Shape{3, 32, 32}, Shape{0, 3, 32, 32}}) {
    CHECK_THROWS_AS(network.check_input(bad), Error);
    Tape tape(Mode::shapes);
    CHECK_THROWS_AS((void)network.forward(tape.input(bad)), Error);
  }
}

}  // namespace burin::models

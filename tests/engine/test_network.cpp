#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/nn/network.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

// Two pictures and a class: a + b, lit by the first number of the class.
class Pair final : public Network {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "pair"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "a", .shape = {1, 2, 12, 8}, .least = 8, .multiple = 4},
            {.name = "b", .shape = {1, 2, 12, 8}},
            {.name = "class", .shape = {1, 3}}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override { return {}; }

 private:
  Value run(std::span<const Value> inputs) override {
    const std::int64_t n = inputs[0].shape()[0];
    const Value first = reshape(slice(inputs[2], 1, 0, 1), std::vector<std::int64_t>{n, 1, 1, 1});
    return multiply(add(inputs[0], inputs[1]), first);
  }
};

std::string refusal(std::vector<Shape> shapes) try {
  Pair().check_inputs(shapes);
  return "";
} catch (const Error& error) {
  return error.what();
}

}  // namespace

TEST_CASE("a network of three inputs runs and is traced") {
  Pair pair;
  Tape tape(Mode::inference);
  const Value in[] = {tape.input(Tensor::full({2, 2, 8, 8}, 1.0f)),
                      tape.input(Tensor::full({2, 2, 8, 8}, 2.0f)),
                      tape.input(Tensor::full({2, 3}, 0.5f))};
  CHECK(pair.forward(in).tensor().to_vector() == std::vector<float>(256, 1.5f));
  Tape shapes(Mode::shapes);
  CHECK(run_shapes(pair, shapes, default_shapes(pair)).shape() == Shape{1, 2, 12, 8});
}

TEST_CASE("inputs that do not fit are refused by name") {
  const Shape picture{2, 2, 8, 8}, kind{2, 3};
  CHECK(refusal({picture, picture, kind}) == "");
  CHECK(refusal({picture}).find("3 inputs: a, b, class") != std::string::npos);
  CHECK(refusal({{2, 2, 4, 8}, picture, kind})
            .find("a n x 2 x h x w, h and w multiples of 4, 8 or more") != std::string::npos);
  CHECK(refusal({{2, 2, 10, 8}, picture, kind}) != "");
  CHECK(refusal({{2, 3, 8, 8}, picture, kind}) != "");
  CHECK(refusal({{0, 2, 8, 8}, {0, 2, 8, 8}, {0, 3}}) != "");
  CHECK(refusal({{2, 2, 8}, picture, kind}) != "");
  CHECK(refusal({picture, {2, 2, 8, 12}, kind}).find("2x2x8x8") != std::string::npos);
  CHECK(refusal({picture, picture, {1, 3}}) != "");
  CHECK(refusal({picture, picture, {2, 4}}).find("class n x 3") != std::string::npos);
}

}  // namespace burin

// Normalization ops against PyTorch 2.x (leaky_relu(batch_norm), group_norm, relu(instance_norm) on
// x[i] = 7i mod 13 - 6, dy[i] = 5i mod 11 - 5), and what only they do: running statistics.
#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "tests/support/compare.h"

namespace burin::test {
namespace {

using Numbers = std::vector<float>;

Tensor ramp(const Shape& shape, int factor, int modulus, int shift) {
  Numbers numbers;
  for (int i = 0; i < shape.elements(); ++i)
    numbers.push_back(static_cast<float>(i * factor % modulus - shift));
  return Tensor::from(shape, numbers);
}

void check_near(const Tensor& got, const Numbers& want) {
  REQUIRE(got);
  const Numbers numbers = got.to_vector();
  CHECK(largest_difference<float, float>(numbers, want) <= 4e-6);
}

Tensor vector(const Numbers& v) {
  return Tensor::from({static_cast<std::int64_t>(v.size())}, v, Order::row_major);
}

}  // namespace

TEST_CASE("batch norm with leaky relu") {
  const Shape shape{2, 3, 2, 2};
  Tape tape(Mode::training);
  const Tensor mean = vector({0, 0, 0}), variance = vector({1, 1, 1});
  const Value x = tape.input(ramp(shape, 7, 13, 6), true);
  const Value gamma = tape.input(vector({1.5f, -0.5f, 2.0f}), true);
  const Value beta = tape.input(vector({0.25f, 0.5f, -1.0f}), true);
  const Value y = batch_norm(
      x, gamma, beta, tape.input(mean), tape.input(variance),
      {.epsilon = 1e-3f, .momentum = 0.1f, .activation = Activation::leaky_relu, .slope = 0.3f});
  check_near(y.tensor(),
             {-0.4352287f, 1.723994f,   -0.2991678f, 2.1775308f,  1.0669208f,  0.0086686f,
              0.9157419f,  -0.0427531f, -0.980305f,  0.9653255f,  -0.7988904f, 1.5700411f,
              1.2704574f,  -0.4352287f, 1.723994f,   -0.2991678f, 0.1598475f,  1.0669208f,
              0.0086686f,  0.9157419f,  0.36061f,    -0.980305f,  0.9653255f,  -0.7988904f});
  const Gradients g = tape.backward(y, ramp(shape, 5, 11, 5));
  check_near(g.of(x), {-1.0100644f, 0.2117139f, 0.4278989f,  -0.1644695f, -0.1088871f, 0.0172676f,
                       -0.069268f,  -0.260589f, -0.0179907f, 0.2816666f,  0.2407873f,  0.1171438f,
                       0.1343605f,  0.3505455f, -0.2418228f, 0.2918379f,  0.1288274f,  0.0422918f,
                       0.1684465f,  0.0819109f, -0.1585261f, -0.1994053f, -0.3230489f, 0.0593727f});
  check_near(g.of(gamma), {-4.5126896f, -19.5247536f, -19.2601891f});
  check_near(g.of(beta), {0.7f, 4.1f, -16.8f});
  check_near(mean, {-0.225f, -0.025f, 0.175f});
  check_near(variance, {2.15f, 2.15f, 2.15f});
}

TEST_CASE("group norm") {
  const Shape shape{1, 6, 2, 2};
  Tape tape(Mode::training);
  const Value x = tape.input(ramp({2, 3, 2, 2}, 7, 13, 6).reshape({1, 6, 2, 2}), true);
  CHECK(x.shape() == shape);
  const Value gamma = tape.input(vector({1, 2, 3, -1, -2, 0.5f}), true);
  const Value beta = tape.input(vector({0.5f, 0, -0.5f, 1, 0, 0}), true);
  const Value y = group_norm(x, gamma, beta, {.groups = 2});
  check_near(y.tensor(),
             {-1.0406573f, 0.7567762f, -0.7838811f, 1.0135524f, -2.0542097f, 1.5406573f,
              -1.5406573f, 2.0542097f, -2.0406573f, 3.3516433f, -1.2703286f, 4.1219721f,
              0.8551587f,  2.5932543f, 0.5654761f,  2.3035717f, -1.4484129f, 2.0277781f,
              -2.0277781f, 1.448413f,  0.6517859f,  -0.217262f, 0.7966272f,  -0.0724207f});
  const Gradients g = tape.backward(y, ramp(shape, 5, 11, 5));
  check_near(g.of(x),
             {-3.0622666f, 0.6708629f,  -0.1446117f, 0.7639793f,  0.9756095f,  0.3435433f,
              0.8119497f,  0.1798835f,  1.1618423f,  -1.0108812f, 0.7414063f,  -1.4313172f,
              0.2030818f,  -0.2061211f, 0.3195627f,  -0.0896402f, 1.0154088f,  -0.8422071f,
              1.4215723f,  -0.4360436f, -1.0690902f, 0.6943264f,  -1.3871331f, 0.3762834f});
  check_near(g.of(gamma),
             {0.7703286f, -11.0413771f, -14.1226921f, -13.6150818f, -8.9801607f, -13.6150818f});
  check_near(g.of(beta), {-1, 2, -6, 8, 0, -8});
  CHECK_THROWS_AS(group_norm(x, gamma, beta, {.groups = 4}), Error);
}

TEST_CASE("instance norm with relu") {
  const Shape shape{2, 3, 2, 2};
  Tape tape(Mode::training);
  const Value x = tape.input(ramp(shape, 7, 13, 6), true);
  const Value gamma = tape.input(vector({1.5f, -0.5f, 2.0f}), true);
  const Value beta = tape.input(vector({0.25f, 0.5f, -1.0f}), true);
  const Value y = instance_norm(x, gamma, beta, {.activation = Activation::relu});
  check_near(y.tensor(),
             {0,          1.5227916f, 0, 1.9470556f, 1.0656853f, 0.0757361f, 0.9242639f, 0,
              0,          0.6970555f, 0, 1.2627407f, 1.4829917f, 0,          1.9761884f, 0,
              0.0890028f, 1.0753961f, 0, 0.9109972f, 0.643989f,  0,          1.3015845f, 0});
  const Gradients g = tape.backward(y, ramp(shape, 5, 11, 5));
  check_near(g.of(gamma), {-2.2821627f, -15.5084753f, -18.0929031f});
  check_near(g.of(beta), {-2, 8, -18});
  check_near(g.of(x),
             {-0.0296984f, 0.2078892f,  0.0042427f,  -0.1824336f, -0.038184f,  0.1965758f,
              0.0155561f,  -0.1739479f, -0.1753613f, 0.0961656f,  0.1866769f,  -0.1074813f,
              0.2399334f,  -0.0399887f, -0.2066096f, 0.006665f,   0.2243825f,  -0.0510973f,
              -0.195501f,  0.0222158f,  0.07109f,    -0.2310451f, -0.0977527f, 0.2577078f});
}

TEST_CASE("inference uses the running statistics and leaves them alone") {
  Tape tape(Mode::inference);
  const Tensor mean = vector({1, 2}), variance = vector({3, 8});
  const Tensor x = Tensor::from({1, 2, 1, 2}, Numbers{1, 3, 2, 5});
  const Value y = batch_norm(tape.input(x), tape.input(vector({1, 3})), tape.input(vector({0, 1})),
                             tape.input(mean), tape.input(variance), {.epsilon = 1.0f});
  check_near(y.tensor(), {0, 1, 1, 4});
  check_near(mean, {1, 2});
  check_near(variance, {3, 8});
}

TEST_CASE("batch norm refuses one number per channel and activations it does not fuse") {
  Tape tape(Mode::training);
  const Value one = tape.input(vector({1, 1}));
  const auto run = [&](const Shape& shape, Activation activation) {
    return batch_norm(tape.input(Tensor::zeros(shape)), one, one, one, one,
                      {.activation = activation});
  };
  CHECK_THROWS_AS(run({1, 2, 1, 1}, Activation::none), Error);
  CHECK_THROWS_AS(run({2, 2, 3, 3}, Activation::tanh), Error);
  CHECK_NOTHROW(run({2, 2, 1, 1}, Activation::relu));
}

TEST_CASE("an absent gamma is 1 and an absent beta 0") {
  const Shape shape{2, 6, 3, 2};
  const auto run = [&](bool affine, bool groups) {
    Tape tape(Mode::training);
    const Value x = tape.input(ramp(shape, 7, 13, 6), true);
    const Value gamma = affine ? tape.input(vector(Numbers(6, 1))) : Value();
    const Value beta = affine ? tape.input(vector(Numbers(6, 0))) : Value();
    const Value y = groups ? group_norm(x, gamma, beta, {.groups = 2})
                           : instance_norm(x, gamma, beta, {.activation = Activation::relu});
    const Numbers dx = tape.backward(y, ramp(shape, 5, 11, 5)).of(x).to_vector();
    return std::pair(y.tensor().to_vector(), dx);
  };
  CHECK(run(false, false) == run(true, false));
  CHECK(run(false, true) == run(true, true));
}

TEST_CASE("vectors may be views with gaps") {
  const auto run = [](bool gaps, Mode mode) {
    // Columns of a matrix: every second number.
    const auto view = [&](const Numbers& v) {
      Numbers pairs;
      for (const float number : v) pairs.insert(pairs.end(), {number, 9});
      const Tensor column = Tensor::from({3, 2}, pairs, Order::row_major).channel_slice(0, 1);
      return gaps ? column.reshape({3}) : vector(v);
    };
    Tape tape(mode);
    const Value x = tape.input(ramp({2, 3, 2, 2}, 7, 13, 6), true);
    const Value gamma = tape.input(view({1, 2, -3})), beta = tape.input(view({0, 1, 2}));
    const Tensor mean = view({1, 0, -1}), variance = view({1, 2, 3});
    const Value y = batch_norm(x, gamma, beta, tape.input(mean), tape.input(variance), {});
    std::vector<Numbers> out{y.tensor().to_vector(), mean.to_vector(), variance.to_vector()};
    if (mode == Mode::training)
      out.push_back(tape.backward(y, ramp({2, 3, 2, 2}, 5, 11, 5)).of(x).to_vector());
    return out;
  };
  CHECK(run(true, Mode::inference) == run(false, Mode::inference));
  CHECK(run(true, Mode::training) == run(false, Mode::training));
}

TEST_CASE("a channel slice is normalized like a copy of it") {
  const Tensor wide = ramp({2, 5, 3, 4}, 7, 13, 6);
  const Tensor part = wide.channel_slice(1, 3);
  Numbers results[2];
  for (const bool copy : {false, true}) {
    Tape tape(Mode::training);
    const Value one = tape.input(vector({1, 1, 1}));
    const Value y = instance_norm(tape.input(copy ? part.clone() : part), one, one, {});
    results[copy] = y.tensor().to_vector();
  }
  CHECK(largest_difference<float, float>(results[0], results[1]) <= 1e-6);
}

}  // namespace burin::test

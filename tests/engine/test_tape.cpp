#include <doctest/doctest.h>

#include "engine/autograd/accumulate.h"
#include "engine/autograd/tape.h"
#include "engine/error.h"
#include "tests/support/gradient_check.h"

namespace burin {
namespace {

Shape first_shape(std::span<const Shape> inputs, const Attributes&) {
  for (const Shape& s : inputs)
    if (!(s == inputs[0])) throw Error("test", inputs[0].text(), s.text());
  return inputs[0];
}

std::vector<float> zip(const Tensor& a, const Tensor& b, float (*f)(float, float)) {
  std::vector<float> x = a.to_vector(), y = b.to_vector();
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = f(x[i], y[i]);
  return x;
}

Tensor product(const Tensor& a, const Tensor& b) {
  return Tensor::from(a.shape(), zip(a, b, [](float x, float y) { return x * y; }));
}

// a * b
const OpDef times{
    .name = "times",
    .infer = first_shape,
    .forward = [](ForwardContext& c) { return product(c.inputs[0], c.inputs[1]); },
    .backward =
        [](BackwardContext& c) {
          for (std::size_t i = 0; i < 2; ++i)
            if (c.wants[i]) c.gradients[i] = product(c.dy, c.inputs[1 - i]);
        },
    .needs = Needs::inputs,
    .macs = [](std::span<const Shape> s, const Attributes&) { return s[0].elements(); }};

// a + b: both gradients are dy itself.
const OpDef plus{.name = "plus",
                 .infer = first_shape,
                 .forward =
                     [](ForwardContext& c) {
                       return Tensor::from(
                           c.inputs[0].shape(),
                           zip(c.inputs[0], c.inputs[1], [](float x, float y) { return x + y; }));
                     },
                 .backward =
                     [](BackwardContext& c) {
                       for (std::size_t i = 0; i < 2; ++i)
                         if (c.wants[i]) c.gradients[i] = c.dy;
                     },
                 .needs = Needs::nothing};

// a * b with a gradient that is 10 % off: what a check must find.
const OpDef wrong{.name = "wrong",
                  .infer = first_shape,
                  .forward = [](ForwardContext& c) { return product(c.inputs[0], c.inputs[1]); },
                  .backward =
                      [](BackwardContext& c) {
                        const Tensor g = product(c.dy, c.inputs[1]);
                        if (c.wants[0]) c.gradients[0] = product(g, Tensor::full(g.shape(), 1.1f));
                        if (c.wants[1]) c.gradients[1] = product(c.dy, c.inputs[0]);
                      },
                  .needs = Needs::inputs};

Value mul(const Value& a, const Value& b) { return a.tape().record(times, {a, b}, {}); }
Value sum(const Value& a, const Value& b) { return a.tape().record(plus, {a, b}, {}); }

}  // namespace

TEST_CASE("gradients through a diamond add up") {
  Tape tape(Mode::training);
  const Value x = tape.input(Tensor::from({2}, std::vector<float>{3, 5}), true);
  const Value y = sum(mul(x, x), sum(x, x));  // x^2 + 2x -> 2x + 2
  const Gradients g = tape.backward(y, Tensor::from({2}, std::vector<float>{1, 10}));
  CHECK(g.of(x).to_vector() == std::vector<float>{8, 120});
  CHECK(!g.of(y));
}

TEST_CASE("the caller's gradient is not written into") {
  Tape tape(Mode::training);
  const Value x = tape.input(Tensor::full({3}, 1), true);
  const Tensor dy = Tensor::full({3}, 1);
  const Gradients g = tape.backward(sum(sum(x, x), x), dy);
  CHECK(g.of(x).to_vector() == std::vector<float>(3, 3.0f));
  CHECK(dy.to_vector() == std::vector<float>(3, 1.0f));
}

TEST_CASE("only what wants a gradient gets one") {
  Tape tape(Mode::training);
  const Value x = tape.input(Tensor::full({2}, 2), true), c = tape.input(Tensor::full({2}, 7));
  const Value unused = mul(c, c);
  const Gradients g = tape.backward(mul(x, c), Tensor::full({2}, 1));
  CHECK(g.of(x).to_vector() == std::vector<float>{7, 7});
  CHECK(!g.of(c));
  CHECK(!g.of(unused));
  CHECK(!g.of(-1));
  CHECK(!g.of(1000));
}

TEST_CASE("parameters: one leaf each, statistics get no gradient") {
  Tape tape(Mode::training);
  const Tensor w = Tensor::full({2}, 3), s = Tensor::full({2}, 4);
  const Value a = tape.parameter(w, true, "w"), b = tape.parameter(w, true, "w");
  CHECK(a.id() == b.id());
  CHECK(tape.leaf_of(w) == a.id());
  CHECK(tape.leaf_of(s) == -1);
  const Value statistic = tape.parameter(s, false, "s");
  const Gradients g = tape.backward(mul(mul(a, b), statistic), Tensor::full({2}, 1));
  CHECK(g.of(a).to_vector() == std::vector<float>{24, 24});
  CHECK(!g.of(statistic));
  CHECK(tape.nodes()[0].value.storage() == w.storage());
}

TEST_CASE("two views of one storage are two parameters") {
  Tape tape(Mode::training);
  const Tensor both = Tensor::from({2, 2}, std::vector<float>{1, 2, 3, 4}, Order::row_major);
  const Tensor first = both.batch_slice(0, 1), second = both.batch_slice(1, 1);
  const Value a = tape.parameter(first, true, "a"), b = tape.parameter(second, true, "b");
  CHECK(a.id() != b.id());
  CHECK(tape.leaf_of(first) == a.id());
  CHECK(tape.leaf_of(second) == b.id());
  CHECK(tape.leaf_of(both) == -1);
  CHECK(tape.leaf_of(first.reshape({2})) == -1);
  CHECK(tape.parameter(both.batch_slice(1, 1), true, "b").id() == b.id());
  const Gradients g = tape.backward(mul(a, b), Tensor::full({1, 2}, 1));
  CHECK(g.of(a).to_vector() == std::vector<float>{3, 4});
  CHECK(g.of(b).to_vector() == std::vector<float>{1, 2});
}

TEST_CASE("kept tensors are released by backward, and nothing is kept in inference") {
  const std::size_t before = arena_statistics().live_bytes;
  Tape tape(Mode::training);
  const Value x = tape.input(Tensor::full({1000}, 2), true);
  Value y = x;
  for (int i = 0; i < 5; ++i) y = mul(y, x);
  CHECK(tape.nodes()[1].kept_inputs.size() == 2);
  const Value last = y;
  y = {};
  (void)tape.backward(last, Tensor::full({1000}, 1));
  for (const TapeNode& node : tape.nodes()) CHECK(node.kept_inputs.empty());
  CHECK(arena_statistics().live_bytes <= before + 2 * 4032);  // x and the last value
  Tape inference(Mode::inference);
  const Value z = inference.input(Tensor::full({1000}, 2), true);
  (void)mul(mul(z, z), z);
  for (const TapeNode& node : inference.nodes()) {
    CHECK(node.kept_inputs.empty());
    CHECK(!node.needs_gradient);
  }
}

TEST_CASE("shapes only: no numbers, but macs and text") {
  Tape tape(Mode::shapes);
  const Value x = tape.input(Shape{2, 50});
  const Value y = mul(x, tape.parameter(Tensor::zeros({2, 50}), true, "layer.weight"));
  CHECK(!y.tensor());
  CHECK(y.shape() == Shape{2, 50});
  CHECK(tape.macs() == 100);
  CHECK(to_text(tape) ==
        "%0 = input  [2x50]\n%1 = parameter layer.weight  [2x50]\n%2 = times(%0, %1)  [2x50]\n");
}

TEST_CASE("text of attributes") {
  Tape tape(Mode::shapes);
  const Value x = tape.input(Shape{1, 2});
  const OpDef lone{.name = "times",
                   .infer = [](std::span<const Shape> s, const Attributes&) { return s[0]; },
                   .forward = nullptr,
                   .backward = nullptr,
                   .required = 1};
  tape.record(lone, {x, Value()}, NormAttributes{.activation = Activation::relu});
  CHECK(to_text(tape).find("times(%0, -) epsilon=1e-05 momentum=0.1 activation=relu") !=
        std::string::npos);
}

TEST_CASE("misuse throws and leaves the tape as it was") {
  Tape tape(Mode::training), other(Mode::training);
  const Value x = tape.input(Tensor::full({2}, 1), true), y = other.input(Tensor::full({2}, 1));
  CHECK_THROWS_AS((void)mul(x, y), Error);
  CHECK_THROWS_AS((void)mul(x, tape.input(Tensor::full({3}, 1))), Error);
  CHECK(tape.nodes().size() == 2);
  CHECK_THROWS_AS((void)tape.input(Shape{2}), Error);
  CHECK_THROWS_AS((void)tape.input(Tensor()), Error);
  CHECK_THROWS_AS((void)tape.backward(x), Error);  // two elements
  CHECK_THROWS_AS((void)tape.backward(x, Tensor::full({3}, 1)), Error);
  CHECK_THROWS_AS((void)tape.backward(y, Tensor::full({2}, 1)), Error);
  CHECK_THROWS_AS((void)tape.backward(Value(), Tensor::full({2}, 1)), Error);
  (void)tape.backward(mul(x, x), Tensor::full({2}, 1));
  CHECK_THROWS_AS((void)tape.backward(x, Tensor::full({2}, 1)), Error);
  CHECK_THROWS_AS((void)mul(x, x), Error);
  Tape inference(Mode::inference);
  const Value z = inference.input(Tensor::full({1}, 1));
  CHECK_THROWS_AS((void)inference.backward(z), Error);
}

TEST_CASE("accumulate writes only into what it owns") {
  Tensor mine = Tensor::full({1, 2, 2, 2}, 1);
  const float* address = mine.data();
  accumulate(mine, Tensor::full({1, 2, 2, 2}, 2));
  CHECK(mine.data() == address);
  const Tensor shared = mine;
  accumulate(mine, Tensor::full({1, 2, 2, 2}, 4, Order::row_major));
  CHECK(mine.data() != address);
  CHECK(shared.to_vector() == std::vector<float>(8, 3.0f));
  CHECK(mine.to_vector() == std::vector<float>(8, 7.0f));
  const Tensor wide = Tensor::full({1, 5, 2, 2}, 1);
  Tensor slice = wide.channel_slice(1, 2);
  accumulate(slice, wide.channel_slice(2, 2));
  CHECK(slice.to_vector() == std::vector<float>(8, 2.0f));
  CHECK(wide.to_vector() == std::vector<float>(20, 1.0f));
}

TEST_CASE("the gradient check accepts a right gradient and finds a wrong one") {
  test::Random random(1);
  const Tensor inputs[] = {Tensor::from({3, 4}, random.reals(12)),
                           Tensor::from({3, 4}, random.reals(12))};
  const test::Function good = [](std::span<const Value> v) { return mul(v[0], v[1]); };
  const test::Function bad = [](std::span<const Value> v) {
    return v[0].tape().record(wrong, {v[0], v[1]}, {});
  };
  CHECK(test::check_gradient(good, inputs).good);
  CHECK(!test::check_gradient(bad, inputs).good);
  CHECK(test::check_gradient(bad, inputs, {.wants = {false, true}}).good);
  const Tensor whole[] = {Tensor::from({3, 4}, random.integers(12, 3)),
                          Tensor::from({3, 4}, random.integers(12, 3))};
  CHECK(test::adjoint_gap(good, whole, 0) == 0);
  CHECK(test::adjoint_gap(bad, whole, 0) > 0);
}

}  // namespace burin

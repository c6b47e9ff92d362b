// Forward values of element-wise, axis and loss ops against plain loops over logical indices and
// against PyTorch's numbers; how gradients are added up.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "engine/autograd/accumulate.h"
#include "engine/error.h"
#include "engine/ops/ops.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace burin::test {
namespace {

using Index = std::array<std::int64_t, Shape::max_rank>;

// f(index, position in logical order) for every element.
void each_index(const Shape& shape, const std::function<void(const Index&, std::size_t)>& f) {
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    Index at{};
    std::int64_t rest = i;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      at[std::size_t(axis)] = rest % shape[axis];
      rest /= shape[axis];
    }
    f(at, std::size_t(i));
  }
}
// Position of an index in a shape whose axes of size 1 are repeated; a scalar repeats everywhere.
std::size_t position(const Shape& shape, const Index& at) {
  std::int64_t p = 0;
  for (int axis = 0; axis < shape.rank(); ++axis)
    p = p * shape[axis] + (shape[axis] == 1 ? 0 : at[std::size_t(axis)]);
  return std::size_t(p);
}

Tensor random_tensor(const Shape& shape, std::uint64_t seed, Order order = Order::channels_last) {
  return Tensor::from(shape, Random(seed).reals(std::size_t(shape.elements())), order);
}

std::vector<float> run(const std::function<Value(Tape&)>& f) {
  Tape tape(Mode::inference);
  return f(tape).tensor().to_vector();
}

void check_same(const std::vector<float>& got, const std::vector<float>& want) {
  CHECK(largest_difference(std::span<const float>(got), std::span<const float>(want)) <= 5e-6);
}

}  // namespace

TEST_CASE("sums and products repeat axes of size 1, whatever the layouts") {
  const Shape full{2, 5, 3, 4};
  for (unsigned mask = 0; mask < 32; ++mask)
    for (const Order order : {Order::channels_last, Order::row_major}) {
      Shape small = full;
      for (int axis = 0; axis < 4; ++axis)
        if ((mask >> axis) & 1u) small = small.with(axis, 1);
      if (mask & 16u) small = Shape{};
      INFO(small.text());
      const Tensor a = random_tensor(full, 1), b = random_tensor(small, 2, order);
      std::vector<float> sums, differences, products;
      each_index(full, [&](const Index& at, std::size_t i) {
        const float u = a.to_vector()[i], v = b.to_vector()[position(small, at)];
        sums.push_back(u + v);
        differences.push_back(v - u);
        products.push_back(u * v);
      });
      check_same(run([&](Tape& t) { return add(t.input(a), t.input(b)); }), sums);
      check_same(run([&](Tape& t) { return subtract(t.input(b), t.input(a)); }), differences);
      check_same(run([&](Tape& t) { return multiply(t.input(b), t.input(a)); }), products);
    }
}

TEST_CASE("sums and means over any axes") {
  const Shape shape{2, 5, 3, 4};
  const Tensor x = random_tensor(shape, 3);
  for (unsigned mask = 1; mask < 16; ++mask) {
    std::vector<int> axes;
    Shape kept = shape;
    for (int axis = 0; axis < 4; ++axis)
      if ((mask >> axis) & 1u) {
        axes.push_back(axis);
        kept = kept.with(axis, 1);
      }
    std::vector<float> want(std::size_t(kept.elements()));
    each_index(shape, [&](const Index& at, std::size_t i) {
      want[position(kept, at)] += x.to_vector()[i];
    });
    INFO(kept.text());
    check_same(run([&](Tape& t) { return sum(t.input(x), axes); }), want);
    for (float& v : want) v *= float(kept.elements()) / float(shape.elements());
    check_same(run([&](Tape& t) { return mean(t.input(x), axes, false); }), want);
  }
}

TEST_CASE("concat and slice along any axis undo each other") {
  for (int axis = 0; axis < 5; ++axis) {
    const Shape shape = Shape{2, 3, 2, 3, 4}.with(axis, 5);
    const Tensor x = random_tensor(shape, 4);
    check_same(run([&](Tape& t) {
                 const Value v = t.input(x);
                 return concat(
                     std::vector{slice(v, axis, 0, 2), slice(v, axis, 2, 1), slice(v, axis, 3, 2)},
                     axis);
               }),
               x.to_vector());
    std::vector<float> want;
    each_index(shape, [&](const Index& at, std::size_t i) {
      if (at[std::size_t(axis)] >= 1 && at[std::size_t(axis)] < 4) want.push_back(x.to_vector()[i]);
    });
    check_same(run([&](Tape& t) { return slice(t.input(x), axis, 1, 3); }), want);
  }
}

TEST_CASE("concat moves whole numbers of any type") {
  const Tensor a = Tensor::empty({1, 2, 2, 2}, DType::u8);
  a.fill(7);
  Tape tape(Mode::inference);
  const Value y = concat(std::vector{tape.input(a), tape.input(a)});
  CHECK(y.tensor().dtype() == DType::u8);
  CHECK(y.tensor().to_vector() == std::vector<float>(16, 7.0f));
  CHECK_THROWS_AS(concat(std::vector{tape.input(a), tape.input(Tensor::full({1, 2, 2, 2}, 1))}),
                  Error);
}

TEST_CASE("pad adds and crops on every side") {
  const Shape shape{2, 3, 4, 5};
  const Tensor x = random_tensor(shape, 5);
  Random random(6);
  for (int trial = 0; trial < 60; ++trial) {
    PadAttributes a{.value = 0.5f};
    Shape out = shape;
    for (int axis = 0; axis < 4; ++axis) {
      const auto i = std::size_t(axis);
      a.begin[i] = random.integer(-3, 3);
      a.end[i] = random.integer(-3, 3);
      if (shape[axis] + a.begin[i] + a.end[i] < 1) a.end[i] = 1 - shape[axis] - a.begin[i];
      out = out.with(axis, shape[axis] + a.begin[i] + a.end[i]);
    }
    std::vector<float> want;
    each_index(out, [&](Index at, std::size_t) {
      bool inside = true;
      for (int axis = 0; axis < 4; ++axis) {
        at[std::size_t(axis)] -= a.begin[std::size_t(axis)];
        inside = inside && at[std::size_t(axis)] >= 0 && at[std::size_t(axis)] < shape[axis];
      }
      want.push_back(inside ? x.to_vector()[position(shape, at)] : 0.5f);
    });
    check_same(run([&](Tape& t) { return pad(t.input(x), a); }), want);
  }
}

namespace {

// What tests/engine's PyTorch numbers are computed from: x = 2*sin(0.7 i), t = (5i mod 3 == 0),
// classes 2i mod 3 with pixel 2 ignored, for x of 2x3x2x2 in logical order.
struct Known {
  Tensor x, t, classes, numbers;

  Known() {
    std::vector<float> a(24), b(24), c(24);
    for (std::size_t i = 0; i < 24; ++i) {
      a[i] = static_cast<float>(2 * std::sin(double(i) * 0.7));
      b[i] = i * 5 % 3 == 0 ? 1.0f : 0.0f;
      c[i] = float(i);
    }
    x = Tensor::from({2, 3, 2, 2}, a);
    t = Tensor::from({2, 3, 2, 2}, b);
    numbers = Tensor::from({2, 3, 2, 2}, c);
    classes = Tensor::empty({2, 2, 2}, DType::i32, Order::row_major);
    for (int i = 0; i < 8; ++i) classes.data<std::int32_t>()[i] = i == 2 ? -1 : i * 2 % 3;
  }
  // y and dy/dx at elements 0, 5 and 23.
  void check(const std::function<Value(Tape&, const Value&)>& f, double y,
             std::array<double, 3> dx) const {
    Tape tape(Mode::training);
    const Value leaf = tape.input(x, true);
    const Value out = f(tape, leaf);
    CHECK(out.tensor().to_vector()[0] == doctest::Approx(y).epsilon(2e-6));
    const std::vector<float> gradient = tape.backward(out).of(leaf).to_vector();
    CHECK(gradient[0] == doctest::Approx(dx[0]).epsilon(1e-5));
    CHECK(gradient[5] == doctest::Approx(dx[1]).epsilon(1e-5));
    CHECK(gradient[23] == doctest::Approx(dx[2]).epsilon(1e-5));
  }
};

Value weighed(Tape& tape, const Value& y, const Tensor& by) {
  return sum(multiply(y, tape.input(by)), {}, false);
}

}  // namespace

TEST_CASE("losses give PyTorch's numbers and gradients") {
  const Known k;
  k.check([&](Tape& t, const Value& x) { return bce_loss(x, t.input(k.t), {}); }, 0.935708946,
          {-0.0208333333, 0.0138110423, 0.0132394787});
  k.check(
      [&](Tape& t, const Value& x) {
        return bce_loss(sigmoid(x), t.input(k.t), {.from_logits = false});
      },
      0.935708946, {-0.0208333333, 0.0138110423, 0.0132394787});
  k.check([&](Tape& t, const Value& x) { return dice_loss(x, t.input(k.t), {}); }, 0.557865065,
          {-0.0177117044, 0.00445561007, 0.00435885688});
  k.check(
      [&](Tape& t, const Value& x) {
        return dice_loss(sigmoid(x), t.input(k.t), {.from_logits = false});
      },
      0.557865065, {-0.0177117044, 0.00445561007, 0.00435885688});
  k.check([&](Tape& t, const Value& x) { return cross_entropy_loss(x, t.input(k.classes), {}); },
          1.66730956, {-0.098726305, 0.0137343696, -0.127918068});
  k.check(
      [&](Tape& t, const Value& x) {
        return cross_entropy_loss(x, t.input(k.classes), {.weights = {0.5f, 1.0f, 2.0f}});
      },
      1.66252471, {-0.040652008, 0.0226213146, -0.210688582});
  k.check([&](Tape& t, const Value& x) { return l1_loss(x, t.input(k.t)); }, 1.28891348,
          {-0.0416666667, -0.0416666667, -0.0416666667});
  k.check([&](Tape& t, const Value& x) { return l2_loss(x, t.input(k.t)); }, 2.08344505,
          {-0.0833333333, -0.0584638713, -0.0636785695});
}

TEST_CASE("softmax and gated units give PyTorch's numbers and gradients") {
  const Known k;
  k.check([&](Tape& t, const Value& x) { return weighed(t, softmax(x, 2), k.numbers); }, 137.697966,
          {-0.2146738, -0.343647319, 0.145564037});
  k.check([&](Tape& t, const Value& x) { return weighed(t, log_softmax(x), k.numbers); },
          -465.278759, {-3.70699038, 3.55789119, 17.039309});
  k.check(
      [&](Tape& t, const Value& x) {
        const Value flipped = concat(std::vector{slice(x, 0, 1, 1), slice(x, 0, 0, 1)}, 0);
        return weighed(t, glu(concat(std::vector{x, flipped})), k.numbers);
      },
      -24.2528971, {5.12759345, -3.53178145, 24.9134918});
}

TEST_CASE("losses refuse what they cannot take and survive empty ones") {
  const Known k;
  Tape tape(Mode::training);
  const Value x = tape.input(k.x, true);
  CHECK_THROWS_AS(cross_entropy_loss(x, tape.input(Tensor::zeros({2, 2, 2}, DType::f32)), {}),
                  Error);
  CHECK_THROWS_AS(cross_entropy_loss(x, tape.input(k.classes), {.weights = {1.0f}}), Error);
  CHECK_THROWS_AS(cross_entropy_loss(x, tape.input(k.classes), {.ignore_index = 255}),
                  Error);  // -1 is no class
  const Tensor none = Tensor::empty({2, 2, 2}, DType::i32, Order::row_major);
  none.fill(-1);
  const Value nothing = cross_entropy_loss(x, tape.input(none), {});
  CHECK(nothing.tensor().data()[0] == 0);
  for (const float v : tape.backward(nothing).of(x).to_vector()) CHECK(v == 0);
  Tape other(Mode::training);
  const Value t = other.input(k.t, true);
  CHECK_THROWS_AS((void)other.backward(dice_loss(other.input(k.x), t, {})), Error);
  Tape third(Mode::training);
  const Value classes = third.input(k.classes, true);
  CHECK_THROWS_AS((void)third.backward(cross_entropy_loss(third.input(k.x), classes, {})), Error);
}

TEST_CASE("cross-entropy takes classes in any layout") {
  const Known k;
  const Tensor last = Tensor::empty({2, 2, 2}, DType::i32);
  last.copy_from(k.classes);
  const auto loss = [&](const Tensor& classes) {
    return run([&](Tape& t) { return cross_entropy_loss(t.input(k.x), t.input(classes), {}); });
  };
  CHECK(loss(last) == loss(k.classes));
}

TEST_CASE("accumulate never writes where somebody else reads") {
  const Shape shape{1, 4, 2, 3};
  const Tensor a = random_tensor(shape, 7), b = random_tensor(shape, 8);
  std::vector<float> want = a.to_vector();
  for (std::size_t i = 0; i < want.size(); ++i) want[i] += b.to_vector()[i];

  Tensor shared = a;  // two handles: the sum is fresh
  const std::vector<float> before = a.to_vector();
  accumulate(shared, b);
  CHECK(shared.to_vector() == want);
  CHECK(a.to_vector() == before);

  Tensor own = a.clone();  // one handle: in place
  const float* numbers = own.data();
  accumulate(own, b);
  CHECK(own.data() == numbers);
  CHECK(own.to_vector() == want);

  Tensor rows = a.in_order(Order::row_major).clone();
  accumulate(rows, b);
  CHECK(rows.to_vector() == want);

  Tensor part = a.channel_slice(1, 2);  // a view: its storage is a's
  accumulate(part, b.channel_slice(2, 2));
  CHECK(a.to_vector() == before);
  const std::vector<float> u = a.channel_slice(1, 2).to_vector(),
                           v = b.channel_slice(2, 2).to_vector();
  for (std::size_t i = 0; i < u.size(); ++i) CHECK(part.to_vector()[i] == u[i] + v[i]);
}

}  // namespace burin::test

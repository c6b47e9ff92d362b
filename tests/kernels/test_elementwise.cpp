#include "kernels/elementwise/elementwise.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/kernels/rows.h"

namespace burin::test {
namespace {

using namespace kernels;

const ElementwiseKernels& reference_entry() { return *elementwise_kernels().back(); }

// f(entry) for every entry that runs here but the reference.
template <class F>
void each_entry(const F& f) {
  for (const auto* entry : elementwise_kernels()) {
    if (entry == &reference_entry() || !usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    f(*entry);
  }
}

constexpr Activation activations[] = {Activation::none,       Activation::relu,
                                      Activation::leaky_relu, Activation::relu6,
                                      Activation::sigmoid,    Activation::tanh};

// Distance in units in the last place of the value rounded to float.
double ulps(float got, double want) {
  const float rounded = static_cast<float>(want);
  if (got == rounded) return 0;
  const double unit = std::abs(static_cast<double>(std::nextafter(rounded, INFINITY)) -
                               static_cast<double>(rounded));
  return std::abs(static_cast<double>(got) - want) / std::max(unit, 0x1p-149);
}

}  // namespace

TEST_CASE("entries are best first and end with the reference") {
  CHECK(reference_entry().isa == Isa::reference);
  for (std::size_t i = 1; i < elementwise_kernels().size(); ++i)
    CHECK(elementwise_kernels()[i - 1]->isa > elementwise_kernels()[i]->isa);
  CHECK(usable(elementwise().isa));
}

TEST_CASE("activations and their derivatives agree with the reference") {
  each_entry([](const ElementwiseKernels& entry) {
    Random random(1);
    each_case([&](const Case& k) {
      for (const Activation activation : activations) {
        const Epilogue e{activation, 0.3f};
        Rows x = Rows::random(k.extent, k.gap, k.guard, random, 8.0f);
        Rows dy = Rows::random(k.extent, 2 * k.gap, k.guard, random);
        Rows y(k.extent, k.gap, k.guard), want(k.extent, 0, k.guard);
        Rows dx(k.extent, 1, k.guard), want_dx(k.extent, 0, k.guard);
        entry.pointwise.activate(k.extent, x.in(), y.out(), e);
        reference_entry().pointwise.activate(k.extent, x.in(), want.out(), e);
        CHECK(worst_relative(y.numbers(), want.numbers(), 1e-30) <= 5e-7);
        CHECK(y.intact());
        entry.pointwise.activate_backward(k.extent, dy.in(), y.in(), dx.out(), e);
        reference_entry().pointwise.activate_backward(k.extent, dy.in(), y.in(), want_dx.out(), e);
        CHECK(worst_relative(dx.numbers(), want_dx.numbers(), 1e-1) <= 2e-6);
        CHECK(dx.intact());
      }
    });
  });
}

TEST_CASE("functions of one number and their derivatives agree with the reference") {
  each_entry([](const ElementwiseKernels& entry) {
    Random random(1);
    each_case([&](const Case& k) {
      for (int f = 0; f <= static_cast<int>(Unary::clip); ++f) {
        const UnaryCall call{static_cast<Unary>(f), 0.7f, 1.3f};
        INFO(std::string(name_of(call.function)));
        // Inside of the domain of every function but acosh.
        Rows x = Rows::random(k.extent, k.gap, k.guard, random, 0.9f);
        const bool root = call.function == Unary::logarithm || call.function == Unary::square_root;
        const float moved = call.function == Unary::arc_cosh ? 2.0f : (root ? 1.0f : 0.0f);
        x.each([&](float& v) { v = (root || moved != 0 ? 1.0f : 4.0f) * v + moved; });
        if (call.function >= Unary::tangent && call.function <= Unary::arc_tanh && moved == 0)
          x.each([](float& v) { v *= 0.25f; });
        Rows dy = Rows::random(k.extent, 2 * k.gap, k.guard, random);
        Rows y(k.extent, k.gap, k.guard), want(k.extent, 0, k.guard);
        entry.unary.forward(call, k.extent, x.in(), y.out());
        reference_entry().unary.forward(call, k.extent, x.in(), want.out());
        CHECK(worst_relative(y.numbers(), want.numbers(), 1e-1) <= 2e-6);
        CHECK(y.intact());
        entry.unary.backward(call, k.extent, dy.in(), x.in(), y.out());
        reference_entry().unary.backward(call, k.extent, dy.in(), x.in(), want.out());
        CHECK(worst_relative(y.numbers(), want.numbers(), 1e-1) <= 4e-6);
        CHECK(y.intact());
      }
    });
  });
}

TEST_CASE("sigmoid and tanh are within 4 units in the last place") {
  each_entry([](const ElementwiseKernels& entry) {
    constexpr std::int64_t count = 200000;
    std::vector<float> x(count), y(count);
    for (std::int64_t i = 0; i < count; ++i)
      x[std::size_t(i)] = -85.0f + 170.0f * float(i) / float(count);
    Random random(2);
    for (std::int64_t i = 0; i < count; i += 2)
      x[std::size_t(i)] = 0.01f * x[std::size_t(i)] * random.real();
    const auto worst = [&](Activation activation, auto exact) {
      entry.pointwise.activate({1, count}, {x.data(), 0}, {y.data(), 0}, {activation, 0});
      double most = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        most = std::max(most, ulps(y[i], exact(double(x[i]))));
      return most;
    };
    const double sigmoid =
        worst(Activation::sigmoid, [](double v) { return 1 / (1 + std::exp(-v)); });
    const double tanh = worst(Activation::tanh, [](double v) { return std::tanh(v); });
    INFO("sigmoid " << sigmoid << ", tanh " << tanh);
    CHECK(sigmoid <= 4);
    CHECK(tanh <= 4);
  });
}

TEST_CASE("activations of special numbers") {
  for (const auto* entry : elementwise_kernels()) {
    if (!usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    const float x[4] = {INFINITY, -INFINITY, NAN, -0.0f};
    float y[4];
    const auto run = [&](Activation activation) {
      entry->pointwise.activate({1, 4}, {x, 0}, {y, 0}, {activation, 0.1f});
      CHECK(std::isnan(y[2]));
    };
    run(Activation::relu);
    CHECK((y[0] == INFINITY && y[1] == 0));
    run(Activation::relu6);
    CHECK((y[0] == 6 && y[1] == 0));
    run(Activation::sigmoid);
    CHECK((y[0] == 1 && y[1] == 0 && std::isnan(y[2]) && y[3] == 0.5f));
    run(Activation::tanh);
    CHECK((y[0] == 1 && y[1] == -1 && y[3] == 0));
  }
}

TEST_CASE("exponentials are within 2 units in the last place, to where they overflow and vanish") {
  each_entry([](const ElementwiseKernels& entry) {
    constexpr std::int64_t count = 200000;
    std::vector<float> x(count), y(count);
    for (std::int64_t i = 0; i < count; ++i)
      x[std::size_t(i)] = -87.0f + 175.3f * float(i) / float(count);
    const auto run = [&](Unary function, std::int64_t numbers) {
      entry.unary.forward({function}, {1, numbers}, {x.data(), 0}, {y.data(), 0});
    };
    run(Unary::exponential, count);
    double most = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      most = std::max(most, ulps(y[i], std::exp(double(x[i]))));
    INFO("exponential " << most);
    CHECK(most <= 2);

    x = {INFINITY, -INFINITY, NAN, 200.0f, -200.0f, -0.0f};
    run(Unary::exponential, 6);
    CHECK((y[0] == INFINITY && y[1] == 0 && std::isnan(y[2])));
    CHECK((y[3] == INFINITY && y[4] == 0 && y[5] == 1));
    x = {INFINITY, -1e38f, NAN, 200.0f, -200.0f, -0.0f};
    run(Unary::silu, 6);
    CHECK((y[0] == INFINITY && y[1] == 0 && std::isnan(y[2])));
    CHECK((y[3] == 200 && y[4] == 0 && y[5] == 0));
  });
}

TEST_CASE("sums, differences, products and scale agree with the reference") {
  each_entry([](const ElementwiseKernels& entry) {
    Random random(3);
    each_case([&](const Case& k) {
      const auto& fast = entry.pointwise;
      const auto& plain = reference_entry().pointwise;
      Rows a = Rows::random(k.extent, k.gap, k.guard, random),
           b = Rows::random(k.extent, 0, k.guard, random);
      Rows y(k.extent, k.gap, k.guard), want(k.extent, 0, k.guard);
      const auto agree = [&] {
        CHECK(worst_relative(y.numbers(), want.numbers(), 1e-3) <= 1e-6);
        CHECK(y.intact());
      };
      // Every way to repeat an operand: nothing, one row, one number per pixel, one number.
      for (const std::int64_t step : {1, 0})
        for (const bool moves : {true, false}) {
          if (k.extent.channels == 0) continue;
          const Operand u = a.operand();
          Operand v = b.operand();
          v.step = step;
          if (!moves) v.stride = 0;
          const Epilogue e{Activation::leaky_relu, 0.2f};
          fast.add(k.extent, u, v, y.out(), e);
          plain.add(k.extent, u, v, want.out(), e);
          agree();
          for (int f = 0; f <= static_cast<int>(Binary::prelu); ++f) {
            const auto function = static_cast<Binary>(f);
            INFO(std::string(name_of(function)));
            fast.binary(function, k.extent, v, u, y.out());
            plain.binary(function, k.extent, v, u, want.out());
            agree();
            fast.binary(function, k.extent, u, v, y.out());
            plain.binary(function, k.extent, u, v, want.out());
            agree();
          }
          fast.binary(Binary::multiply, k.extent, v, v, y.out());
          plain.binary(Binary::multiply, k.extent, v, v, want.out());
          agree();
        }
      fast.scale(k.extent, a.in(), y.out(), 1.7f, -0.3f);
      plain.scale(k.extent, a.in(), want.out(), 1.7f, -0.3f);
      CHECK(worst_relative(y.numbers(), want.numbers(), 1) <= 1e-6);
      Rows expected(k.extent, 0, k.guard);
      plain.add(k.extent, a.operand(), b.operand(), expected.out(), {});
      fast.add(k.extent, a.operand(), b.operand(), a.out(), {});  // in place
      CHECK(worst_relative(a.numbers(), expected.numbers(), 1e-3) <= 1e-6);
    });
  });
}

TEST_CASE("gated units agree with the reference") {
  each_entry([](const ElementwiseKernels& entry) {
    Random random(4);
    each_case([&](const Case& k) {
      Rows a = Rows::random(k.extent, k.gap, k.guard, random),
           b = Rows::random(k.extent, k.gap, k.guard, random);
      Rows dy = Rows::random(k.extent, 0, k.guard, random);
      Rows y(k.extent, 1, k.guard), da(k.extent, 1, k.guard), db(k.extent, 2, k.guard);
      Rows want(k.extent, 0, k.guard), want_da(k.extent, 0, k.guard), want_db(k.extent, 0, k.guard);
      entry.pointwise.glu(k.extent, a.in(), b.in(), y.out());
      reference_entry().pointwise.glu(k.extent, a.in(), b.in(), want.out());
      entry.pointwise.glu_backward(k.extent, dy.in(), a.in(), b.in(), da.out(), db.out());
      reference_entry().pointwise.glu_backward(k.extent, dy.in(), a.in(), b.in(), want_da.out(),
                                               want_db.out());
      CHECK(worst_relative(y.numbers(), want.numbers(), 1e-3) <= 1e-6);
      CHECK(worst_relative(da.numbers(), want_da.numbers(), 1e-3) <= 1e-6);
      CHECK(worst_relative(db.numbers(), want_db.numbers(), 1e-2) <= 2e-6);
      CHECK((y.intact() && da.intact() && db.intact()));
    });
  });
}

TEST_CASE("softmax agrees with the reference along rows and columns") {
  each_entry([](const ElementwiseKernels& entry) {
    Random random(5);
    each_case([&](const Case& k) {
      if (k.extent.channels == 0) return;
      for (const bool logarithm : {false, true}) {
        const auto& fast = entry.softmax;
        const auto& plain = reference_entry().softmax;
        Rows x = Rows::random(k.extent, k.gap, k.guard, random, 20.0f),
             dy = Rows::random(k.extent, 1, k.guard, random);
        Rows y(k.extent, k.gap, k.guard), want(k.extent, 0, k.guard), dx(k.extent, 2, k.guard),
            want_dx(k.extent, 0, k.guard);
        fast.forward(k.extent, x.in(), y.out(), logarithm);
        plain.forward(k.extent, x.in(), want.out(), logarithm);
        CHECK(worst_relative(y.numbers(), want.numbers(), logarithm ? 1 : 1e-20) <= 5e-6);
        fast.backward(k.extent, dy.in(), want.in(), dx.out(), logarithm);
        plain.backward(k.extent, dy.in(), want.in(), want_dx.out(), logarithm);
        CHECK(worst_relative(dx.numbers(), want_dx.numbers(), 1) <= 1e-5);
        CHECK((y.intact() && dx.intact()));

        Rows u = Rows::random(k.extent, 0, k.guard, random, 20.0f),
             g = Rows::random(k.extent, 0, k.guard, random);
        Rows v(k.extent, 0, k.guard), v_want(k.extent, 0, k.guard), h(k.extent, 0, k.guard),
            h_want(k.extent, 0, k.guard);
        const Columns columns{k.extent.pixels, k.extent.channels, k.extent.channels};
        fast.columns(columns, u.in().data, v.out().data, logarithm);
        plain.columns(columns, u.in().data, v_want.out().data, logarithm);
        CHECK(worst_relative(v.numbers(), v_want.numbers(), logarithm ? 1 : 1e-20) <= 5e-6);
        fast.columns_backward(columns, g.in().data, v_want.in().data, h.out().data, logarithm);
        plain.columns_backward(columns, g.in().data, v_want.in().data, h_want.out().data,
                               logarithm);
        CHECK(worst_relative(h.numbers(), h_want.numbers(), 1) <= 1e-5);
        CHECK((v.intact() && h.intact()));
      }
    });
  });
}

TEST_CASE("softmax of large logits stays finite") {
  for (const auto* entry : elementwise_kernels()) {
    if (!usable(entry->isa)) continue;
    for (const std::int64_t channels : {3, 40}) {
      std::vector<float> x(static_cast<std::size_t>(channels), -3e38f), y(x.size());
      x[1] = 3e38f;
      entry->softmax.forward({1, channels}, {x.data(), 0}, {y.data(), 0}, false);
      CHECK(y[1] == 1.0f);
      CHECK(y[0] == 0.0f);
    }
  }
}

}  // namespace burin::test

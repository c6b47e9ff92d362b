#include "kernels/elementwise/loss.h"

#include <doctest/doctest.h>

#include <string>

#include "kernels/elementwise/elementwise.h"
#include "tests/kernels/rows.h"

namespace burin::test {
namespace {

using namespace kernels;

const LossFunctions& plain() { return elementwise_kernels().back()->loss; }

template <class F>
void each_loss(const F& f) {
  for (const auto* entry : elementwise_kernels()) {
    if (entry->isa == Isa::reference || !usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    f(entry->loss);
  }
}

// f(case, gap of the other operand and of results): all dense among them.
template <class F>
void each_pair(const F& f) {
  for (const std::int64_t other : {0, 1}) each_case([&](const Case& k) { f(k, other); });
}

Rows zeros_and_ones(const Case& k, Random& random) {
  Rows out(k.extent, k.gap, k.guard);
  out.each([&](float& v) { v = random.integer(0, 3) == 0 ? 1.0f : 0.0f; });
  return out;
}
Rows probabilities(const Case& k, std::int64_t gap, Random& random) {
  Rows out(k.extent, gap, k.guard);
  out.each([&](float& v) { v = 0.5f + 0.499f * random.real(); });
  return out;
}

// Cross-entropy near 0 is log(1 + little) in f32: off by up to 1e-7 for each of at most 18 pixels.
void check_sum(double got, double want) {
  CHECK(std::abs(got - want) <= 2e-6 * (std::abs(want) + 1));
}

}  // namespace

TEST_CASE("dice and cross-entropy of two classes agree with the reference") {
  each_loss([](const LossFunctions& fast) {
    Random random(1);
    each_pair([&](const Case& k, std::int64_t other) {
      for (const bool logits : {true, false}) {
        Rows x = logits ? Rows::random(k.extent, other, k.guard, random, 9.0f)
                        : probabilities(k, other, random);
        Rows t = zeros_and_ones(k, random);
        const DiceSums got = fast.dice(k.extent, x.in(), t.in(), logits);
        const DiceSums want = plain().dice(k.extent, x.in(), t.in(), logits);
        check_sum(got.product, want.product);
        check_sum(got.prediction, want.prediction);
        check_sum(got.target, want.target);
        check_sum(fast.bce(k.extent, x.in(), t.in(), logits),
                  plain().bce(k.extent, x.in(), t.in(), logits));
        Rows dx(k.extent, 2 * other, k.guard), want_dx(k.extent, 0, k.guard);
        fast.dice_backward(k.extent, x.in(), t.in(), dx.out(), -0.7f, 0.2f, logits);
        plain().dice_backward(k.extent, x.in(), t.in(), want_dx.out(), -0.7f, 0.2f, logits);
        CHECK(worst_relative(dx.numbers(), want_dx.numbers(), 1e-1) <= 2e-6);
        fast.bce_backward(k.extent, x.in(), t.in(), dx.out(), 0.3f, logits);
        plain().bce_backward(k.extent, x.in(), t.in(), want_dx.out(), 0.3f, logits);
        CHECK(worst_relative(dx.numbers(), want_dx.numbers(), 1e-1) <= 2e-6);
        CHECK(dx.intact());
      }
    });
  });
}

TEST_CASE("absolute and squared differences agree with the reference") {
  each_loss([](const LossFunctions& fast) {
    Random random(2);
    each_pair([&](const Case& k, std::int64_t other) {
      Rows a = Rows::random(k.extent, k.gap, k.guard, random),
           b = Rows::random(k.extent, other, k.guard, random);
      check_sum(fast.l1(k.extent, a.in(), b.in()), plain().l1(k.extent, a.in(), b.in()));
      check_sum(fast.l2(k.extent, a.in(), b.in()), plain().l2(k.extent, a.in(), b.in()));
      Rows d(k.extent, 2 * other, k.guard), want(k.extent, 0, k.guard);
      fast.l1_backward(k.extent, a.in(), b.in(), d.out(), 0.3f);
      plain().l1_backward(k.extent, a.in(), b.in(), want.out(), 0.3f);
      CHECK(d.numbers() == want.numbers());
      fast.l2_backward(k.extent, a.in(), b.in(), d.out(), 0.3f);
      plain().l2_backward(k.extent, a.in(), b.in(), want.out(), 0.3f);
      CHECK(worst_relative(d.numbers(), want.numbers(), 1e-2) <= 2e-6);
      CHECK(d.intact());
    });
  });
}

TEST_CASE("cross-entropy agrees with the reference, ignored and bad classes included") {
  each_loss([](const LossFunctions& fast) {
    Random random(3);
    each_case([&](const Case& k) {
      const Extent e = k.extent;
      if (e.channels == 0) return;
      Rows x = Rows::random(e, k.gap, k.guard, random, 20.0f);
      GuardedBuffer<std::int32_t> target(static_cast<std::size_t>(e.pixels), k.guard);
      for (auto& t : target.span()) t = random.integer(-2, static_cast<int>(e.channels));
      std::vector<float> weights = random.reals(static_cast<std::size_t>(e.channels));
      for (float& w : weights) w = 1.5f + w;
      for (const bool weighted : {true, false}) {
        const Classes classes{target.data(), weighted ? weights.data() : nullptr, -1};
        const CrossEntropySums got = fast.cross_entropy(e, x.in(), classes);
        const CrossEntropySums want = plain().cross_entropy(e, x.in(), classes);
        check_sum(got.loss, want.loss);
        check_sum(got.weight, want.weight);
        CHECK(got.bad == want.bad);
        Rows dx(e, 2, k.guard), want_dx(e, 0, k.guard);
        fast.cross_entropy_backward(e, x.in(), classes, dx.out(), 0.4f);
        plain().cross_entropy_backward(e, x.in(), classes, want_dx.out(), 0.4f);
        CHECK(worst_relative(dx.numbers(), want_dx.numbers(), 1e-1) <= 3e-6);
        CHECK(dx.intact());
      }
    });
  });
}

TEST_CASE("losses of extreme logits stay finite") {
  for (const auto* entry : elementwise_kernels()) {
    if (!usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    const float x[4] = {300.0f, -300.0f, 300.0f, -300.0f}, t[4] = {1, 0, 0, 1};
    CHECK(entry->loss.bce({1, 4}, {x, 0}, {t, 0}, true) == doctest::Approx(600));
    const float p[4] = {1, 0, 0, 1};
    CHECK(entry->loss.bce({1, 4}, {p, 0}, {t, 0}, false) == doctest::Approx(0));
    const float wrong[4] = {0, 1, 1, 0};
    CHECK(entry->loss.bce({1, 4}, {wrong, 0}, {t, 0}, false) == doctest::Approx(400));
    const std::int32_t classes[1] = {1};
    CHECK(entry->loss.cross_entropy({1, 4}, {x, 0}, {classes, nullptr, -1}).loss ==
          doctest::Approx(600 + std::log(2.0)));
  }
}

}  // namespace burin::test

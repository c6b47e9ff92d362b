#include "kernels/elementwise/update.h"

#include <doctest/doctest.h>

#include <cmath>

#include <string>

#include "kernels/elementwise/elementwise.h"
#include "tests/kernels/rows.h"

namespace burin::test {
namespace {

using namespace kernels;

// Weight, gradient and two states of one length; states are not negative.
struct Arrays {
  std::int64_t count;
  Rows w, g, u, v;

  Arrays(std::int64_t n, Guard guard, std::uint64_t seed)
      : count(n),
        w(Extent{1, n}, 0, guard),
        g(Extent{1, n}, 0, guard),
        u(Extent{1, n}, 0, guard),
        v(Extent{1, n}, 0, guard) {
    Random random(seed);
    w.each([&](float& x) { x = random.real(); });
    g.each([&](float& x) { x = random.real(); });
    u.each([&](float& x) { x = 1.0f + random.real(); });
    v.each([&](float& x) { x = 1.0f + random.real(); });
  }
};

// step(functions, arrays) leaves the same weights and states at every level.
template <class F>
void check_update(const F& step) {
  for (const auto* entry : elementwise_kernels()) {
    if (entry->isa == Isa::reference || !usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    for (std::int64_t n = 0; n <= 70; ++n)
      for (const Guard guard : {Guard::bytes, Guard::end_page}) {
        Arrays got(n, guard, 1), want(n, guard, 1);
        for (int repeat = 0; repeat < 3; ++repeat) {
          step(entry->update, got);
          step(elementwise_kernels().back()->update, want);
        }
        for (auto [a, b] : {std::pair{&got.w, &want.w}, {&got.u, &want.u}, {&got.v, &want.v}}) {
          CHECK(worst_relative(a->numbers(), b->numbers(), 1e-1) <= 3e-6);
          CHECK(a->intact());
        }
      }
  }
}

const float* gradient(Arrays& a) { return a.g.in().data; }
float* weight(Arrays& a) { return a.w.out().data; }
float* first(Arrays& a) { return a.u.out().data; }
float* second(Arrays& a) { return a.v.out().data; }

}  // namespace

TEST_CASE("SGD steps agree with the reference") {
  for (const float momentum : {0.0f, 0.9f})
    for (const bool nesterov : {false, true})
      check_update([=](const UpdateFunctions& f, Arrays& a) {
        const SgdStep step{.rate = 0.1f,
                           .momentum = momentum,
                           .weight_decay = 0.01f,
                           .gradient_scale = 0.5f,
                           .nesterov = nesterov};
        f.sgd(a.count, step, gradient(a), weight(a), momentum == 0 ? nullptr : first(a));
      });
}

TEST_CASE("Adam steps agree with the reference") {
  for (const bool decoupled : {false, true})
    check_update([=](const UpdateFunctions& f, Arrays& a) {
      const AdamStep step{.rate = 0.01f,
                          .weight_decay = 0.1f,
                          .gradient_scale = 2.0f,
                          .correction1 = 0.1f,
                          .correction2 = 0.001f,
                          .decoupled = decoupled};
      f.adam(a.count, step, gradient(a), weight(a), first(a), second(a));
    });
}

TEST_CASE("RMSprop and Adadelta steps agree with the reference") {
  for (const float momentum : {0.0f, 0.9f})
    check_update([=](const UpdateFunctions& f, Arrays& a) {
      const RmspropStep step{
          .rate = 0.01f, .momentum = momentum, .weight_decay = 0.1f, .gradient_scale = 0.5f};
      f.rmsprop(a.count, step, gradient(a), weight(a), first(a),
                momentum == 0 ? nullptr : second(a));
    });
  check_update([](const UpdateFunctions& f, Arrays& a) {
    const AdadeltaStep step{.rate = 0.5f, .weight_decay = 0.1f, .gradient_scale = 0.5f};
    f.adadelta(a.count, step, gradient(a), weight(a), first(a), second(a));
  });
}

TEST_CASE("averages, norms and scaling agree with the reference") {
  check_update(
      [](const UpdateFunctions& f, Arrays& a) { f.ema(a.count, 0.99f, gradient(a), first(a)); });
  check_update([](const UpdateFunctions& f, Arrays& a) { f.scale(a.count, 0.3f, weight(a)); });
  for (const auto* entry : elementwise_kernels()) {
    if (!usable(entry->isa)) continue;
    for (const std::int64_t n : {0, 1, 17, 1023, 1024, 1025, 5000}) {
      Rows x(Extent{1, n}, 0, Guard::end_page);
      Random random(7);
      double want = 0;
      x.each([&](float& v) {
        v = random.real();
        want += double(v) * double(v);
      });
      CHECK(std::abs(entry->update.squared_norm(n, x.in().data) - want) <= 1e-6 * want);
    }
  }
}

// torch.optim (PyTorch 2), three steps from w = 1, -0.5 with gradients 0.1, -0.2 at each.
TEST_CASE("steps give PyTorch's numbers") {
  for (const auto* entry : elementwise_kernels()) {
    if (!usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    const auto& f = entry->update;
    const float g[2] = {0.1f, -0.2f};
    const auto check = [&](auto step, float first_number, float second_number) {
      float w[2] = {1.0f, -0.5f}, u[2] = {}, v[2] = {};
      for (int t = 1; t <= 3; ++t) step(t, w, u, v);
      CHECK(w[0] == doctest::Approx(first_number).epsilon(2e-6));
      CHECK(w[1] == doctest::Approx(second_number).epsilon(2e-6));
    };
    for (const bool nesterov : {false, true})
      check(
          [&](int, float* w, float* u, float*) {
            f.sgd(2, {.rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.01f, .nesterov = nesterov},
                  g, w, u);
          },
          nesterov ? 0.911613882f : 0.93834281f, nesterov ? -0.335280478f : -0.385093391f);
    for (const bool decoupled : {false, true})
      check(
          [&](int t, float* w, float* u, float* v) {
            f.adam(2,
                   {.rate = 0.01f,
                    .weight_decay = 0.1f,
                    .correction1 = 1 - std::pow(0.9f, float(t)),
                    .correction2 = 1 - std::pow(0.999f, float(t)),
                    .decoupled = decoupled},
                   g, w, u, v);
          },
          decoupled ? 0.967033088f : 0.970004916f, decoupled ? -0.468531519f : -0.470003903f);
    for (const float momentum : {0.9f, 0.0f})
      check(
          [&](int, float* w, float* u, float* v) {
            f.rmsprop(2, {.rate = 0.01f, .momentum = momentum, .weight_decay = 0.1f}, g, w, u, v);
          },
          momentum > 0 ? 0.544130147f : 0.775349557f,
          momentum > 0 ? -0.0424893908f : -0.274468124f);
    check([&](int, float* w, float* u,
              float* v) { f.adadelta(2, {.rate = 0.5f, .weight_decay = 0.1f}, g, w, u, v); },
          0.995148897f, -0.495148271f);
  }
}

}  // namespace burin::test

// Metrics against numbers of scikit-learn 1.x and against counting every pair.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "engine/error.h"
#include "tests/support/random.h"
#include "train/metrics.h"

using namespace burin::train;
using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;

namespace {

Areas areas(const Floats& score, const Bytes& truth, const Bytes& mask = {}) {
  Ranking ranking;
  ranking.add(score, truth, mask);
  return ranking.areas();
}

}  // namespace

TEST_CASE("counts and their scores") {
  const Floats p = {0.9f, 0.6f, 0.5f, 0.2f, 0.8f, 0.1f};
  const Bytes truth = {1, 0, 1, 0, 1, 1}, mask = {1, 1, 1, 1, 1, 0};
  const Counts c = count(p, truth, mask, 0.5f);
  CHECK(c == Counts{.tp = 2, .fp = 1, .fn = 1, .tn = 1});
  CHECK(c.dice() == doctest::Approx(4.0 / 6));
  CHECK(c.iou() == doctest::Approx(0.5));
  CHECK(c.sensitivity() == doctest::Approx(2.0 / 3));
  CHECK(c.specificity() == doctest::Approx(0.5));
  CHECK(c.accuracy() == doctest::Approx(0.6));
  Counts sum = c;
  sum += c;
  CHECK(sum.tp == 4);
  CHECK(count(p, truth, {}, 0.5f).fn == 2);
}

TEST_CASE("scores without a meaning") {
  CHECK(Counts{.tn = 3}.dice() == 1.0);
  CHECK(std::isnan(Counts{.tn = 3}.sensitivity()));
  CHECK(std::isnan(Counts{.tp = 3}.specificity()));
  CHECK(std::isnan(areas({0.5f, 0.6f}, {1, 1}).roc_auc));
}

TEST_CASE("areas under the curves: scikit-learn's numbers, with ties") {
  const Areas a = areas({0.9f, 0.8f, 0.8f, 0.7f, 0.7f, 0.7f, 0.55f, 0.5f, 0.4f, 0.4f, 0.1f, 0.0f},
                        {1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0});
  CHECK(a.roc_auc == doctest::Approx(0.7142857142857143).epsilon(1e-14));
  CHECK(a.pr_auc == doctest::Approx(0.6476190476190476).epsilon(1e-14));
  const Areas b =
      areas({-1.5f, 0.0f, -0.0f, 2.5f, 1.0f, 1.0f, -2.0f, 0.25f}, {0, 0, 1, 1, 0, 1, 0, 1});
  CHECK(b.roc_auc == doctest::Approx(0.8125).epsilon(1e-14));
  CHECK(b.pr_auc == doctest::Approx(0.7708333333333333).epsilon(1e-14));
}

TEST_CASE("perfect, reversed and constant scores") {
  CHECK(areas({0.1f, 0.2f, 0.8f, 0.9f}, {0, 0, 1, 1}).roc_auc == 1.0);
  CHECK(areas({0.1f, 0.2f, 0.8f, 0.9f}, {0, 0, 1, 1}).pr_auc == 1.0);
  CHECK(areas({0.1f, 0.2f, 0.8f, 0.9f}, {1, 1, 0, 0}).roc_auc == 0.0);
  CHECK(areas({0.5f, 0.5f, 0.5f, 0.5f}, {0, 1, 0, 0}).roc_auc == 0.5);
  CHECK(areas({0.5f, 0.5f, 0.5f, 0.5f}, {0, 1, 0, 0}).pr_auc == 0.25);
}

TEST_CASE("every pair counted: the same area") {
  burin::test::Random random(7);
  for (int round = 0; round < 20; ++round) {
    const std::size_t n = 200;
    Floats score(n);
    Bytes truth(n), mask(n);
    for (std::size_t i = 0; i < n; ++i) {
      score[i] = static_cast<float>(random.integer(-9, 9)) / 8;
      truth[i] = random.integer(0, 3) == 0;
      mask[i] = random.integer(0, 4) != 0;
    }
    truth[0] = mask[0] = mask[1] = 1;
    truth[1] = 0;
    double wins = 0, pairs = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (mask[i] && mask[j] && truth[i] && !truth[j]) {
          wins += score[i] > score[j] ? 1.0 : score[i] == score[j] ? 0.5 : 0.0;
          ++pairs;
        }
    CHECK(areas(score, truth, mask).roc_auc == doctest::Approx(wins / pairs).epsilon(1e-13));
    Ranking left, right;
    left.add(std::span(score).first(90), std::span(truth).first(90), std::span(mask).first(90));
    right.add(std::span(score).subspan(90), std::span(truth).subspan(90),
              std::span(mask).subspan(90));
    left.add(right);
    CHECK(left.areas().roc_auc == areas(score, truth, mask).roc_auc);
  }
}

TEST_CASE("confusion of three classes") {
  ConfusionMatrix m(3);
  const std::vector<std::int32_t> prediction = {0, 1, 2, 1, 0, 2, 2},
                                  truth = {0, 1, 1, 1, 2, 2, -1};
  m.add(prediction, truth);
  CHECK(m.at(1, 2) == 1);
  CHECK(m.of(1) == Counts{.tp = 2, .fp = 0, .fn = 1, .tn = 3});
  CHECK(m.accuracy() == doctest::Approx(4.0 / 6));
  CHECK(m.mean_dice() == doctest::Approx((2.0 / 3 + 0.8 + 0.5) / 3));
  CHECK(m.mean_iou() == doctest::Approx((0.5 + 2.0 / 3 + 1.0 / 3) / 3));
  CHECK_THROWS_AS(m.add(std::vector<std::int32_t>{3}, std::vector<std::int32_t>{0}), burin::Error);
  CHECK_THROWS_AS(ConfusionMatrix(1), burin::Error);
}

TEST_CASE("best dark threshold tries all") {
  const Bytes value = {10, 20, 30, 40, 50, 0}, truth = {1, 1, 0, 1, 0, 0},
              mask = {1, 1, 1, 1, 1, 0};
  const auto best = best_dark_threshold(value, truth, mask);
  CHECK(best.threshold == 41);  // finds 10, 20, 30, 40: dice 6/7
  CHECK(best.counts.dice() == doctest::Approx(6.0 / 7));
}

TEST_CASE("wrong sizes and NaN are refused") {
  CHECK_THROWS_AS((void)count(Floats{1}, Bytes{1, 0}, {}, 0.5f), burin::Error);
  CHECK_THROWS_AS((void)areas({1, 0}, {1, 0}, {1}), burin::Error);
  CHECK_THROWS_AS((void)areas({std::numeric_limits<float>::quiet_NaN(), 0}, {1, 0}), burin::Error);
  CHECK_NOTHROW((void)areas({std::numeric_limits<float>::quiet_NaN(), 0, 1}, {1, 0, 1}, {0, 1, 1}));
}

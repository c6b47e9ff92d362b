// Schedules against PyTorch's numbers and the formulas of the header.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "engine/error.h"
#include "train/early_stop.h"
#include "train/schedule.h"

using namespace burin::train;

TEST_CASE("cosine is CosineAnnealingLR") {
  // torch 2: SGD lr 0.2, T_max 100, eta_min 0.02
  const Schedule s({.kind = ScheduleKind::cosine, .rate = 0.2, .floor = 0.1}, 100);
  const std::vector<std::pair<int, double>> want = {
      {0, 0.2},   {1, 0.19995559043291586},   {37, 0.14574331015713032},
      {50, 0.11}, {99, 0.020044409567084157}, {100, 0.02}};
  for (const auto& [step, rate] : want) CHECK(s.rate(step) == doctest::Approx(rate).epsilon(1e-12));
}

TEST_CASE("restarts follow the formula of the fundus recipe") {
  const Schedule s({.kind = ScheduleKind::restarts,
                    .rate = 3e-4,
                    .floor = 1e-5,
                    .period = 12000,
                    .period_multiplier = 1000,
                    .amplitude_multiplier = 0.5},
                   1000000);
  CHECK(s.rate(0) == doctest::Approx(3e-4));
  CHECK(s.rate(1100) == doctest::Approx(0.0002938230220006266).epsilon(1e-12));
  CHECK(s.rate(12000) == doctest::Approx(0.00015000149999999998).epsilon(1e-9));
  CHECK(s.rate(500000) == doctest::Approx(0.00014939025823089948).epsilon(1e-9));
}

TEST_CASE("restarts of equal periods") {
  const Schedule s(
      {.kind = ScheduleKind::restarts, .rate = 1, .period = 10, .period_multiplier = 1}, 100);
  CHECK(s.rate(3) == doctest::Approx(s.rate(13)));
  CHECK(s.rate(20) == doctest::Approx(1.0));
  CHECK(s.rate(5) == doctest::Approx(0.5));
}

TEST_CASE("step, poly and warm-up") {
  const Schedule step({.kind = ScheduleKind::step, .rate = 1, .factor = 0.1, .every = 3}, 100);
  CHECK(step.rate(2) == doctest::Approx(1.0));
  CHECK(step.rate(3) == doctest::Approx(0.1));
  CHECK(step.rate(8) == doctest::Approx(0.01));
  const Schedule poly({.kind = ScheduleKind::poly, .rate = 2, .warmup = 4, .power = 0.9}, 14);
  CHECK(poly.rate(0) == doctest::Approx(0.5));
  CHECK(poly.rate(3) == doctest::Approx(2.0));
  CHECK(poly.rate(4) == doctest::Approx(2.0));
  CHECK(poly.rate(9) == doctest::Approx(2 * std::pow(0.5, 0.9)));
  CHECK(poly.rate(14) == 0.0);
  CHECK(poly.rate(20) == 0.0);
}

TEST_CASE("plateau is ReduceLROnPlateau, and its state travels") {
  // torch 2: lr 0.2, mode max, factor 0.5, patience 2
  const ScheduleOptions options{
      .kind = ScheduleKind::plateau, .rate = 0.2, .factor = 0.5, .patience = 2};
  const std::vector<double> metric = {0.1, 0.2, 0.2, 0.19, 0.20001, 0.2,
                                      0.3, 0.3, 0.3, 0.3,  0.3,     0.3};
  const std::vector<double> want = {0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05};
  Schedule s(options, 100);
  for (std::size_t i = 0; i < metric.size(); ++i) {
    Schedule resumed(options, 100);
    resumed.restore(s.state());
    s.observe(metric[i]);
    resumed.observe(metric[i]);
    CHECK(s.rate(0) == doctest::Approx(want[i]));
    CHECK(resumed.state() == s.state());
  }
}

TEST_CASE("options out of range are refused") {
  CHECK_THROWS_AS(Schedule({.rate = 0}, 10), burin::Error);
  CHECK_THROWS_AS(Schedule({.rate = std::nan("")}, 10), burin::Error);
  CHECK_THROWS_AS(Schedule({.every = 0}, 10), burin::Error);
  CHECK_THROWS_AS(Schedule({}, 0), burin::Error);
  CHECK_THROWS_AS((void)schedule_from("cosinus"), burin::Error);
}

TEST_CASE("early stop counts validations without a gain") {
  EarlyStop stop{.patience = 2};
  CHECK_FALSE(stop.observe(0.5));
  CHECK_FALSE(stop.observe(0.4));
  CHECK_FALSE(stop.observe(0.6));
  CHECK_FALSE(stop.observe(0.6));
  CHECK(stop.observe(0.1));
  EarlyStop never;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(never.observe(0));
}

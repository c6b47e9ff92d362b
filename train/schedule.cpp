#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "engine/error.h"
#include "train/names.h"

namespace burin::train {
namespace {

constexpr std::array<std::string_view, 6> names = {"constant", "step", "cosine",
                                                   "restarts", "poly", "plateau"};

double half_cosine(double share, double floor) noexcept {
  return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

double restarts(double s, const ScheduleOptions& o) noexcept {
  const double t = s / static_cast<double>(o.period), pm = o.period_multiplier;
  double i = std::floor(t), f = t - i;
  if (pm != 1.0) {
    i = std::floor(std::log(1 - t * (1 - pm)) / std::log(pm));
    const double scale = std::pow(pm, i);
    f = (t - (1 - scale) / (1 - pm)) / scale;
  }
  const double amplitude = std::pow(o.amplitude_multiplier, i);
  return (1 - o.floor) * amplitude * 0.5 * (1 + std::cos(std::numbers::pi * f)) + o.floor;
}

void check(bool good, const char* key, const char* expected, double got) {
  if (!good) throw Error(std::string("schedule.") + key, expected, std::to_string(got));
}

}  // namespace

std::string_view schedule_name(ScheduleKind kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

ScheduleKind schedule_from(std::string_view word) {
  return enum_from<ScheduleKind>("schedule", word, names);
}

Schedule::Schedule(const ScheduleOptions& options, std::int64_t steps)
    : options_(options), steps_(steps) {
  const auto& o = options_;
  check(o.rate > 0 && std::isfinite(o.rate), "rate", "a rate > 0", o.rate);
  check(o.warmup >= 0, "warmup", "steps >= 0", static_cast<double>(o.warmup));
  check(o.factor > 0 && o.factor <= 1, "factor", "a number in (0, 1]", o.factor);
  check(o.every >= 1, "every", "steps >= 1", static_cast<double>(o.every));
  check(o.floor >= 0 && o.floor <= 1, "floor", "a share in [0, 1]", o.floor);
  check(o.period >= 1, "period", "steps >= 1", static_cast<double>(o.period));
  check(o.period_multiplier >= 1, "period_multiplier", "a number >= 1", o.period_multiplier);
  check(o.amplitude_multiplier > 0, "amplitude_multiplier", "a number > 0", o.amplitude_multiplier);
  check(o.power > 0, "power", "a number > 0", o.power);
  check(o.patience >= 0, "patience", "observations >= 0", static_cast<double>(o.patience));
  check(steps >= 1, "steps", "steps >= 1", static_cast<double>(steps));
}

double Schedule::factor_at(double s, double total) const noexcept {
  const double share = std::clamp(s / std::max(total, 1.0), 0.0, 1.0);
  switch (options_.kind) {
    case ScheduleKind::step:
      return std::pow(options_.factor, std::floor(s / static_cast<double>(options_.every)));
    case ScheduleKind::cosine:
      return half_cosine(share, options_.floor);
    case ScheduleKind::restarts:
      return restarts(s, options_);
    case ScheduleKind::poly:
      return std::pow(1 - share, options_.power);
    case ScheduleKind::constant:
    case ScheduleKind::plateau:
      break;
  }
  return 1.0;
}

double Schedule::rate(std::int64_t step) const noexcept {
  const double peak = options_.rate * state_.scale;
  if (step < options_.warmup)
    return peak * static_cast<double>(step + 1) / static_cast<double>(options_.warmup);
  return peak * factor_at(static_cast<double>(step - options_.warmup),
                          static_cast<double>(steps_ - options_.warmup));
}

void Schedule::observe(double metric) noexcept {
  if (options_.kind != ScheduleKind::plateau) return;
  constexpr double gain = 1e-4;
  if (metric > state_.best + gain * std::abs(state_.best) || state_.best <= -1e299) {
    state_.best = metric;
    state_.waited = 0;
  } else if (++state_.waited > options_.patience) {
    state_.scale *= options_.factor;
    state_.waited = 0;
  }
}

}  // namespace burin::train

// Learning rate as a function of the step.
#pragma once

#include <cstdint>
#include <string_view>

namespace burin::train {

enum class ScheduleKind { constant, step, cosine, restarts, poly, plateau };

[[nodiscard]] std::string_view schedule_name(ScheduleKind kind) noexcept;
// Throws Error for a word that is none of the six.
[[nodiscard]] ScheduleKind schedule_from(std::string_view word);

// With s = step - warmup and S = steps - warmup:
//   step      rate * factor^floor(s / every)
//   cosine    rate * (floor + (1 - floor) * (1 + cos(pi*s/S)) / 2)
//   restarts  the same with warm restarts: t = s/period,
//             i = floor(log(1 - t*(1 - pm)) / log(pm)),
//             f = (t - (1 - pm^i)/(1 - pm)) / pm^i, amplitude am^i; pm = 1: i = floor(t), f = t - i
//   poly      rate * (1 - s/S)^power
//   plateau   rate, multiplied by factor after `patience` observations in a row without a
//             relative gain of 1e-4
// cosine, restarts: Loshchilov and Hutter 2017.
// During warm-up: rate * (step + 1) / warmup.
struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::constant;
  double rate = 1e-3;
  std::int64_t warmup = 0;          // steps
  double factor = 0.1;              // step, plateau
  std::int64_t every = 1000;        // step
  double floor = 0.0;               // cosine, restarts: smallest share of the rate
  std::int64_t period = 1000;       // restarts: steps of the first period
  double period_multiplier = 2;     // restarts
  double amplitude_multiplier = 1;  // restarts
  double power = 0.9;               // poly
  std::int64_t patience = 10;       // plateau: observations
};

class Schedule {
 public:
  // `steps` is the length of the whole training. Throws Error on options out of range.
  Schedule(const ScheduleOptions& options, std::int64_t steps);

  [[nodiscard]] double rate(std::int64_t step) const noexcept;
  // One validation result, larger is better. Only plateau listens.
  void observe(double metric) noexcept;

  // What rate() depends on besides the step: travels in checkpoints.
  struct State {
    double scale = 1.0;
    double best = -1e300;
    std::int64_t waited = 0;
    friend bool operator==(const State&, const State&) = default;
  };
  [[nodiscard]] const State& state() const noexcept { return state_; }
  void restore(const State& state) noexcept { state_ = state; }

 private:
  [[nodiscard]] double factor_at(double s, double total) const noexcept;

  ScheduleOptions options_;
  std::int64_t steps_;
  State state_;
};

}  // namespace burin::train

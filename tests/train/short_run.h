// A training of some steps on stripes, and the weights that it ends with.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <vector>

#include "tests/train/tiny.h"
#include "train/trainer.h"

namespace burin::test {

using namespace burin::train;

inline Recipe recipe_of(std::int64_t steps) {
  Recipe r;
  r.network = "tiny";
  r.data.width = 0;
  r.sampler = {.patch = 16, .foreground = 0.5, .per_epoch = 10};
  r.augment = {.flip_vertical = true, .rotate = 5, .brightness = 0.05, .noise = 0.02};
  r.optimizer.kind = OptimizerKind::adamw;
  r.optimizer.weight_decay = 1e-3;
  r.schedule = {.kind = ScheduleKind::cosine, .rate = 0.02, .warmup = 2};
  r.train = {.steps = steps, .batch = 3, .ema = 0.9, .validate_every = 2, .seed = 7};
  return r;
}

inline TrainJob job_of(const Recipe& recipe, const std::filesystem::path& out) {
  return {.recipe = recipe,
          .train = {test::striped(40, 50, 1), test::striped(33, 47, 2)},
          .validation = {test::striped(30, 37, 3)},
          .out = out};
}

inline std::vector<float> bits_of(Network& network) {
  std::vector<float> all;
  for (const auto& p : network.parameters()) {
    const auto numbers = p.parameter->value.to_vector();
    all.insert(all.end(), numbers.begin(), numbers.end());
  }
  return all;
}

// Trains until `stop_after` steps are done (as Ctrl-C would), then until the end.
inline std::vector<float> trained(const Recipe& recipe, const std::filesystem::path& out,
                                  std::int64_t stop_after = -1) {
  if (stop_after >= 0) {
    TinyNetwork network;
    TrainJob job = job_of(recipe, out);
    std::atomic<bool> stop = false;
    job.stop = &stop;
    job.progress = [&](const Progress& p) { stop = p.step >= stop_after; };
    const TrainOutcome outcome = train::train(network, job);
    CHECK(outcome.step == stop_after);
    CHECK_FALSE(outcome.finished);
  }
  TinyNetwork network(1, stop_after >= 0 ? 99 : 1);  // a resumed network starts from other weights
  TrainJob job = job_of(recipe, out);
  job.resume = stop_after >= 0;
  CHECK(train::train(network, job).finished);
  return bits_of(network);
}

}  // namespace burin::test

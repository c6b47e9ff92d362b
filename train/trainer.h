// The training loop. The same seed gives the same bits for any number of threads, and a run that
// was stopped anywhere and resumed gives the bits of one that ran through.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/recipe.h"

namespace burin::train {

struct Progress {
  std::int64_t step = 0, steps = 0;
  double loss = 0;                // mean of the last 20 steps
  double samples_per_second = 0;  // of this run
  double seconds_left = 0;
  double best_metric = 0;  // NaN before the first validation
};

struct TrainJob {
  Recipe recipe;
  std::vector<Case> train, validation;
  std::filesystem::path out;  // run folder; exists
  std::string data;           // fingerprint of the data set: a resumed run must have the same
  bool resume = false;        // from the newest checkpoint in `out`
  const std::atomic<bool>* stop =
      nullptr;  // set from a signal handler: finish the step, save, return
  // After all checks and the resume, before the first file is written.
  std::function<void()> begin = nullptr;
  std::function<void(const Progress&)> progress = nullptr;
  // One-line messages: where a resumed run goes on, damaged checkpoints.
  std::function<void(const std::string&)> say = nullptr;
};

struct TrainOutcome {
  std::int64_t step = 0;
  bool finished = false;       // false: stopped before the last step
  bool stopped_early = false;  // by early_stop
  double best_metric = 0;      // dice of the best validation; NaN without one
  std::int64_t best_step = -1;
  double seconds = 0;  // over all runs
  double last_loss = 0;
};

// Writes last.safetensors (checkpoints), model.onnx (the best on validation), history.jsonl into the run
// folder. Throws Error: bad recipe or data, a loss that is not finite (naming the step), files that
// cannot be written, a recipe that differs from the checkpoint's (first_difference of train/recipe.h).
TrainOutcome train(Network& network, const TrainJob& job);

}  // namespace burin::train

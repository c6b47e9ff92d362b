// Everything a training needs to go on as if it had never stopped: parameters, statistics, moments,
// averages and state in one safetensors file with checksums. The newest file that verifies wins;
// the one before is kept until the new one has been read back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "train/early_stop.h"
#include "train/ema.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace burin::train {

struct TrainState {
  std::int64_t step =
      0;  // steps done; with the recipe's batch and per_epoch also the place of the sampler
  Schedule::State schedule;
  EarlyStop early_stop;
  double best_metric = -1e300;  // of a validation
  std::int64_t best_step = -1;
  std::int64_t optimizer_steps = 0, ema_updates = 0;
  double seconds = 0;  // spent so far, over all runs
};

// What the numbers of a checkpoint belong to. `average` may be null.
struct TrainedParts {
  std::vector<NamedParameter> network;
  Optimizer* optimizer = nullptr;
  Ema* average = nullptr;
};

// What a training must not change between its parts.
struct TrainingFacts {
  std::string recipe;  // text
  std::string data;    // fingerprint of the data set
};

struct CheckpointInfo {
  TrainState state;
  TrainingFacts facts;
  std::filesystem::path file;      // where it was read
  std::vector<std::string> notes;  // damaged files that were passed over, one line each
};

class CheckpointFolder {
 public:
  // last.safetensors, previous.safetensors and next.safetensors (while saving) in this folder.
  explicit CheckpointFolder(std::filesystem::path folder);

  [[nodiscard]] bool any() const;
  // Writes next, reads it back, moves last to previous and next to last. Throws Error; what was
  // there stays.
  void save(const TrainedParts& parts, const TrainState& state, const TrainingFacts& facts);
  // State and facts of the newest file that verifies, for building the parts. Throws Error when
  // there is none.
  [[nodiscard]] CheckpointInfo load();
  // The numbers of the file that load() found, into the parts. Throws Error when they do not fit.
  void restore(const TrainedParts& parts);

 private:
  std::filesystem::path folder_;
  bool last_is_good_ = false;
  SafetensorsFile loaded_;
  TrainState state_;
};

[[nodiscard]] std::string state_text(const TrainState& state);
// Throws Error{operation, ...} for anything but what state_text gives.
[[nodiscard]] TrainState state_from(const std::string& text, const std::string& operation);

}  // namespace burin::train

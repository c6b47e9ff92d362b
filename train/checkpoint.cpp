#include "train/checkpoint.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/json.h"

namespace burin::train {
namespace {

constexpr const char* kind = "checkpoint 1";
constexpr std::array<const char*, 3> file_names = {"last.safetensors", "next.safetensors",
                                                   "previous.safetensors"};

// The tensors of a checkpoint, handles only.
std::vector<NamedTensor> tensors_of(const TrainedParts& parts) {
  std::vector<NamedTensor> out;
  for (const auto& p : parts.network) out.push_back({"network/" + p.name, p.parameter->value});
  for (const auto& s : parts.optimizer->state()) out.push_back({"optimizer/" + s.name, s.tensor});
  if (parts.average)
    for (const auto& s : parts.average->state()) out.push_back({"average/" + s.name, s.tensor});
  return out;
}

struct Candidate {
  std::filesystem::path file;
  std::int64_t step;
};

SafetensorsFile read_verified(const std::filesystem::path& file) {
  SafetensorsFile read = read_safetensors(file);
  if (!read.checked) throw Error("read " + file.string(), "checksums", "none");
  return read;
}

const std::string& entry(const std::map<std::string, std::string>& metadata, const char* key,
                         const std::string& operation) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    throw Error(operation, std::string("metadata '") + key + "'", "none");
  return found->second;
}

}  // namespace

std::string state_text(const TrainState& s) {
  return nlohmann::json{{"step", s.step},
                        {"schedule_scale", s.schedule.scale},
                        {"schedule_best", s.schedule.best},
                        {"schedule_waited", s.schedule.waited},
                        {"early_stop_best", s.early_stop.best},
                        {"early_stop_waited", s.early_stop.waited},
                        {"best_metric", s.best_metric},
                        {"best_step", s.best_step},
                        {"optimizer_steps", s.optimizer_steps},
                        {"ema_updates", s.ema_updates},
                        {"seconds", s.seconds}}
      .dump();
}

TrainState state_from(const std::string& text, const std::string& operation) {
  const nlohmann::json json = parse_json(text, operation);
  TrainState s;
  try {
    s.step = json.at("step").get<std::int64_t>();
    s.schedule.scale = json.at("schedule_scale").get<double>();
    s.schedule.best = json.at("schedule_best").get<double>();
    s.schedule.waited = json.at("schedule_waited").get<std::int64_t>();
    s.early_stop.best = json.at("early_stop_best").get<double>();
    s.early_stop.waited = json.at("early_stop_waited").get<std::int64_t>();
    s.best_metric = json.at("best_metric").get<double>();
    s.best_step = json.at("best_step").get<std::int64_t>();
    s.optimizer_steps = json.at("optimizer_steps").get<std::int64_t>();
    s.ema_updates = json.at("ema_updates").get<std::int64_t>();
    s.seconds = json.at("seconds").get<double>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(operation, "the state of a training", error.what());
  }
  if (s.step < 0) throw Error(operation, "a step >= 0", std::to_string(s.step));
  return s;
}

CheckpointFolder::CheckpointFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

bool CheckpointFolder::any() const {
  return std::any_of(file_names.begin(), file_names.end(), [&](const char* name) {
    std::error_code ignored;
    return std::filesystem::exists(folder_ / name, ignored);
  });
}

void CheckpointFolder::save(const TrainedParts& parts, const TrainState& state,
                            const TrainingFacts& facts) {
  const auto last = folder_ / file_names[0], next = folder_ / file_names[1];
  write_safetensors(next, tensors_of(parts),
                    {{"burin", kind},
                     {"state", state_text(state)},
                     {"recipe", facts.recipe},
                     {"data", facts.data}});
  (void)read_verified(next);
  std::error_code ignored;
  // A damaged last file must not take the place of a good previous one.
  if (last_is_good_ && std::filesystem::exists(last, ignored))
    rename_file(last, folder_ / file_names[2]);
  rename_file(next, last);
  last_is_good_ = true;
}

CheckpointInfo CheckpointFolder::load() {
  CheckpointInfo info;
  std::vector<Candidate> candidates;
  for (const char* name : file_names) {
    const auto file = folder_ / name;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) continue;
    try {
      const auto metadata = read_safetensors_metadata(file);
      const std::string operation = "read " + file.string();
      if (entry(metadata, "burin", operation) != kind)
        throw Error(operation, kind, "'" + metadata.at("burin") + "'");
      candidates.push_back({file, state_from(entry(metadata, "state", operation), operation).step});
    } catch (const Error& error) {
      info.notes.emplace_back(error.what());
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.step > b.step; });
  for (const auto& candidate : candidates) {
    try {
      loaded_ = read_verified(candidate.file);
    } catch (const Error& error) {
      info.notes.emplace_back(error.what());
      continue;
    }
    const std::string operation = "read " + candidate.file.string();
    state_ = info.state = state_from(entry(loaded_.metadata, "state", operation), operation);
    info.facts = {entry(loaded_.metadata, "recipe", operation),
                  entry(loaded_.metadata, "data", operation)};
    info.file = candidate.file;
    last_is_good_ = candidate.file.filename() == file_names[0];
    return info;
  }
  throw Error("resume " + folder_.string(), "a checkpoint that verifies",
              info.notes.empty() ? "none" : info.notes.front());
}

void CheckpointFolder::restore(const TrainedParts& parts) {
  const auto wanted = tensors_of(parts);
  if (wanted.size() != loaded_.tensors.size())
    throw Error("resume " + folder_.string(), std::to_string(wanted.size()) + " tensors",
                std::to_string(loaded_.tensors.size()));
  for (const auto& [name, tensor] : wanted) {
    const Tensor* source = loaded_.find(name);
    if (!source || source->shape() != tensor.shape())
      throw Error("resume " + folder_.string(), name + " of " + tensor.shape().text(),
                  source ? source->shape().text() : "no such tensor");
    tensor.copy_from(*source);
    tensor.storage()->bump_version();
  }
  parts.optimizer->set_steps(state_.optimizer_steps);
  if (parts.average) parts.average->set_updates(state_.ema_updates);
  loaded_ = {};
}

}  // namespace burin::train

// history.jsonl: one JSON object per line, appended, cut back to the checkpoint on resume.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace burin::train {

class History {
 public:
  // Opens for appending. Lines of steps beyond `step` and a torn last line are dropped first.
  // Throws Error.
  History(std::filesystem::path file, std::int64_t step);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // The object needs an integer "step". Throws Error when the line cannot be written.
  void add(const nlohmann::json& line);

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

// Lines that are objects with a step; a torn last line is left out. Empty when there is no file.
[[nodiscard]] std::vector<nlohmann::json> read_history(const std::filesystem::path& file);

}  // namespace burin::train

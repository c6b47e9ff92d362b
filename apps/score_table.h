// Scores as JSON and as lines of a table.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "train/evaluate.h"

namespace burin::apps {

// With more classes than one also "classes", the scores of each by its name, and "confusion": rows
// are truth, columns what was found, in the order of the names.
[[nodiscard]] nlohmann::json json_of(const train::Scores& scores,
                                     std::span<const std::string> names);

[[nodiscard]] std::string score_heading();
// One line and, with more classes than one, an indented line for each.
[[nodiscard]] std::string score_lines(const std::string& title, const train::Scores& scores,
                                      std::span<const std::string> names);
// Pixels by truth (lines) and class found (columns).
[[nodiscard]] std::string confusion_lines(const train::ConfusionMatrix& confusion,
                                          std::span<const std::string> names);

}  // namespace burin::apps

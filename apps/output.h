// What goes to standard output: aligned lines for people, or one JSON object a line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace burin::apps {

// NaN and infinity become null.
[[nodiscard]] nlohmann::json number(double value);
// "0.7941", or "-" for NaN.
[[nodiscard]] std::string score(double value);

void print_json(const nlohmann::json& object);
void print_line(const std::string& line);

// One line on standard error.
void note(const std::string& line);

}  // namespace burin::apps

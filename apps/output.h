// What goes to standard output: aligned lines for people, or one JSON object a line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/options.h"

namespace burin::apps {

// NaN and infinity become null.
[[nodiscard]] nlohmann::json number(double value);
// "0.7941", or "-" for NaN.
[[nodiscard]] std::string score(double value);

// JSON; indent -1: on one line. File names may be any bytes: what is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_text(const nlohmann::json& value, int indent = -1);
void print_json(const nlohmann::json& object);
void print_line(const std::string& line);

// "precision", and "seed" where it was given: for verbs that write no run.json.
void add_settings(nlohmann::json& object, const GlobalOptions& options);

// One line on standard error.
void note(const std::string& line);

}  // namespace burin::apps

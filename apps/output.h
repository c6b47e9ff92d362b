// What goes to standard output: aligned lines for people, or one JSON object a line.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/options.h"
#include "engine/error.h"

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

// f(), with the file that it works on before the operation of an Error that names none.
template <class F>
auto about(const std::filesystem::path& file, const F& f) try {
  return f();
} catch (const Error& error) {
  throw Error(file.string() + ": " + error.operation(), error.expected(), error.got());
}

}  // namespace burin::apps

#include "apps/output.h"

#include <cmath>
#include <cstdio>
#include <iostream>

namespace burin::apps {

nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

std::string score(double value) {
  if (!std::isfinite(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

std::string json_text(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print_json(const nlohmann::json& object) {
  std::cout << json_text(object) << "\n" << std::flush;
}

void add_settings(nlohmann::json& object, const GlobalOptions& options) {
  object["precision"] = options.precision;
  if (options.seed) object["seed"] = *options.seed;
}

void print_line(const std::string& line) { std::cout << line << "\n" << std::flush; }
void note(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

}  // namespace burin::apps

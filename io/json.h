// JSON from outside: strict, bounded, with the project's error.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace burin {

struct JsonLimits {
  int depth = 64;
  std::int64_t values = 10'000'000;
};

// Throws Error{operation, "JSON ...", reason and byte} for bad syntax, bad UTF-8, duplicate keys,
// or anything beyond the limits.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::string& operation,
                                        const JsonLimits& limits = {});

}  // namespace burin

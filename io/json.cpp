#include "io/json.h"

#include <set>
#include <vector>

#include "engine/error.h"
#include "io/in_quotes.h"

namespace burin {

nlohmann::json parse_json(std::string_view text, const std::string& operation,
                          const JsonLimits& limits) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  std::int64_t values = 0;
  const auto watch = [&](int depth, Event event, nlohmann::json& parsed) {
    if (depth > limits.depth)
      throw Error(operation, "JSON of at most " + std::to_string(limits.depth) + " levels", "more");
    if (++values > limits.values)
      throw Error(operation, "JSON of at most " + std::to_string(limits.values) + " values",
                  "more");
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw Error(operation, "JSON without duplicate keys",
                  in_quotes(parsed.get<std::string>()) + " twice");
    return true;
  };
  try {
    return nlohmann::json::parse(text, watch);
  } catch (const nlohmann::json::exception& error) {
    throw Error(operation, "JSON", error.what());
  }
}

}  // namespace burin

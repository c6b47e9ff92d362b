// A piece of work in a process of its own, so that its memory and its threads leave nothing behind.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

namespace burin::apps {

// What f() returns in a child process. Throws the Error or UsageError that it throws, and Error when
// the child ends otherwise. Call before this process has started threads.
[[nodiscard]] nlohmann::json fork_json(const std::function<nlohmann::json()>& f);

}  // namespace burin::apps

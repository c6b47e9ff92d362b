// Numbers on the command line, whole words only: "12abc" is none.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace burin::perf {

// Within [least, most]; nothing for anything else.
template <class T>
[[nodiscard]] std::optional<T> number_from(std::string_view word, T least, T most) {
  T value{};
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || rest != end || !(value >= least && value <= most)) return {};
  return value;
}

inline constexpr int most_threads = 1024;  // engine/runtime/workers.h

}  // namespace burin::perf

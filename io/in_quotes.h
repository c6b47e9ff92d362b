// Text from files in error messages: one line, printable, bounded.
#pragma once

#include <string>
#include <string_view>

namespace burin {

[[nodiscard]] inline std::string in_quotes(std::string_view text) {
  std::string out(1, '"');
  for (const char c : text.substr(0, 60)) out += c < ' ' || c > '~' ? '?' : c;
  return out += text.size() > 60 ? "...\"" : "\"";
}

}  // namespace burin

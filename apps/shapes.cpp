#include "apps/shapes.h"

#include <algorithm>

#include "apps/options.h"

namespace burin::apps {

Shape shape_from(std::string_view text) {
  const UsageError wrong("--shape", "sizes such as 1x3x512x512", "'" + std::string(text) + "'");
  std::vector<std::int64_t> sizes(1, 0);
  bool digit = false;
  for (const char c : text) {
    if (c == 'x' && digit) {
      sizes.push_back(0);
      digit = false;
    } else if (c >= '0' && c <= '9' && sizes.back() < 1'000'000'000) {
      sizes.back() = sizes.back() * 10 + (c - '0');
      digit = true;
    } else {
      throw wrong;
    }
  }
  if (!digit || sizes.size() > static_cast<std::size_t>(Shape::max_rank) ||
      std::find(sizes.begin(), sizes.end(), 0) != sizes.end())
    throw wrong;
  return Shape(std::span<const std::int64_t>(sizes));
}

std::vector<Shape> shapes_from(std::string_view text) {
  std::vector<Shape> out;
  for (std::size_t first = 0; first <= text.size();) {
    const std::size_t last = std::min(text.find(',', first), text.size());
    out.push_back(shape_from(text.substr(first, last - first)));
    first = last + 1;
  }
  return out;
}

NamedWord named_word(const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos) return {"", text};
  return {text.substr(0, sign), text.substr(sign + 1)};
}

std::map<std::string, std::string, std::less<>> words_by_name(
    const std::string& option, const std::vector<std::string>& words,
    const std::vector<std::string>& names) {
  std::map<std::string, std::string, std::less<>> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    NamedWord word = named_word(words[i]);
    if (word.name.empty() && i < names.size()) word.name = names[i];
    if (std::find(names.begin(), names.end(), word.name) == names.end()) {
      std::string known;
      for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
      throw UsageError(option, "one for each of " + known, "'" + words[i] + "'");
    }
    if (!out.emplace(word.name, word.word).second)
      throw UsageError(option, word.name + " once", "'" + words[i] + "'");
  }
  return out;
}

}  // namespace burin::apps

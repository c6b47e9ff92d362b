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

void add_shape_options(CLI::App& verb, std::vector<std::string>& shapes, std::int64_t& batch) {
  verb.add_option("--shape", shapes,
                  "sizes of the input, as 1x3x512x512; of several, 1x512,1x10 or NAME=1x512");
  verb.add_option("--batch", batch, "the first size of every input")->check(CLI::Range(1, 65536));
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t first = 0; first <= text.size();) {
    const std::size_t last = std::min(text.find(',', first), text.size());
    out.emplace_back(text.substr(first, last - first));
    first = last + 1;
  }
  return out;
}

NamedWord named_word(const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos) return {"", text};
  return {text.substr(0, sign), text.substr(sign + 1)};
}

WordsByName words_by_name(const std::string& option, const std::vector<std::string>& words,
                          const std::vector<std::string>& names) {
  WordsByName out;
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

ShapesByName shapes_by_name(const std::vector<std::string>& words,
                            const std::vector<std::string>& names) {
  std::vector<std::string> single;
  for (const std::string& text : words)
    for (std::string& word : split_at_commas(text)) single.push_back(std::move(word));
  ShapesByName shapes;
  for (const auto& [name, word] : words_by_name("--shape", single, names))
    shapes[name] = shape_from(word);
  return shapes;
}

}  // namespace burin::apps

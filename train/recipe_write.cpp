#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "train/recipe.h"
#include "train/recipe_visit.h"

namespace burin::train {
namespace {

struct Entry {
  std::string section, name, value;  // the value as TOML

  [[nodiscard]] std::string key() const { return section.empty() ? name : section + "." + name; }
};

class Writer {
 public:
  void section(std::string_view name) { section_ = name; }
  void number(std::string_view name, std::int64_t value, double, double) {
    add(name, toml::value<std::int64_t>(value));
  }
  void number(std::string_view name, double value, double, double) {
    add(name, toml::value<double>(value));
  }
  void numbers(std::string_view name, const std::vector<double>& values, double, double) {
    toml::array list;
    for (const double v : values) list.push_back(v);
    add(name, list);
  }
  void flag(std::string_view name, bool value) { add(name, toml::value<bool>(value)); }
  void text(std::string_view name, const std::string& value) {
    add(name, toml::value<std::string>(value));
  }
  template <class Words>
  void one_of(std::string_view name, const std::string& value, const Words&) {
    text(name, value);
  }
  template <class E>
  void word(std::string_view name, E value, std::string_view (*name_of)(E) noexcept,
            E (*)(std::string_view)) {
    text(name, std::string(name_of(value)));
  }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  template <class T>
  void add(std::string_view name, const T& value) {
    std::ostringstream out;
    out << value;
    entries_.push_back({section_, std::string(name), out.str()});
  }

  std::string section_;
  std::vector<Entry> entries_;
};

std::vector<Entry> entries_of(const Recipe& recipe) {
  Recipe copy = recipe;  // visit takes what a reader may change
  Writer writer;
  visit(copy, writer);
  return writer.entries();
}

// Keys that no bit of a training depends on.
constexpr std::array<std::string_view, 3> harmless = {"title", "train.checkpoint_seconds",
                                                      "train.loaders"};

}  // namespace

std::string recipe_text(const Recipe& recipe) {
  std::string text, section;
  for (const Entry& e : entries_of(recipe)) {
    if (e.section != section) text += "\n[" + e.section + "]\n";
    section = e.section;
    text += e.name + " = " + e.value + "\n";
  }
  return text;
}

std::optional<RecipeDifference> first_difference(const Recipe& a, const Recipe& b) {
  const auto in_a = entries_of(a), in_b = entries_of(b);
  for (std::size_t i = 0; i < in_a.size(); ++i)
    if (const std::string key = in_a[i].key();
        in_a[i].value != in_b[i].value &&
        std::find(harmless.begin(), harmless.end(), key) == harmless.end())
      return RecipeDifference{key, in_a[i].value, in_b[i].value};
  return {};
}

}  // namespace burin::train

#include "train/recipe.h"

#include <toml++/toml.h>

#include <cmath>
#include <set>
#include <sstream>
#include <type_traits>

#include "engine/error.h"
#include "io/file.h"
#include "kernels/cpu.h"
#include "train/names.h"
#include "train/recipe_visit.h"

namespace burin::train {

kernels::Precision precision_from(std::string_view word) {
  return enum_from<kernels::Precision>("precision", word, kernels::precision_names);
}
void check_precision(kernels::Precision precision) {
  if (precision == kernels::Precision::bf16 && !kernels::usable(kernels::Isa::amx))
    throw Error("train.precision", "f32 or exact, as bf16 needs a CPU with AMX (BURIN_MAX_ISA)",
                "bf16");
}

namespace {

std::string as_text(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& n) { out << n; });
  std::string text = out.str();
  if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end);
  return text;
}

std::string range_text(double least, double most) {
  std::ostringstream out;
  out.precision(15);
  out << (most >= any_more ? "of at least " : "in ") << least;
  if (most < any_more) out << ".." << most;
  return out.str();
}

// Takes what the table has into the recipe; complains about what it does not know.
class Reader {
 public:
  Reader(const toml::table& root, std::string origin, bool lines)
      : root_(root), table_(&root), origin_(std::move(origin)), lines_(lines) {}

  void section(std::string_view name) {
    section_ = name;
    table_ = &root_;
    if (name.empty()) return;
    known_.insert(std::string(name));
    const toml::node* node = root_.get(name);
    if (node && !node->is_table())
      fail(*node, "a table [" + std::string(name) + "]", as_text(*node));
    table_ = node ? node->as_table() : nullptr;
  }

  template <class T>
  void number(std::string_view name, T& value, double least, double most) {
    const toml::node* node = find(name);
    if (!node) return;
    constexpr bool whole = std::is_same_v<T, std::int64_t>;
    const std::string expected =
        path(name) + " = a " + (whole ? "whole number " : "number ") + range_text(least, most);
    if (whole ? !node->is_integer() : !node->is_number()) fail(*node, expected, as_text(*node));
    const T read = node->value<T>().value_or(T{});
    const auto wide = static_cast<double>(read);
    if (!(wide >= least && wide <= most)) fail(*node, expected, as_text(*node));
    value = read;
  }

  void numbers(std::string_view name, std::vector<double>& values, double least, double most) {
    const toml::node* node = find(name);
    if (!node) return;
    const std::string expected = path(name) + " = a list of numbers " + range_text(least, most);
    if (!node->is_array()) fail(*node, expected, as_text(*node));
    std::vector<double> read;
    for (const auto& element : *node->as_array()) {
      const double v = element.is_number() ? *element.value<double>() : std::nan("");
      if (!(v >= least && v <= most)) fail(element, expected, as_text(element));
      read.push_back(v);
    }
    values = std::move(read);
  }

  void flag(std::string_view name, bool& value) {
    const toml::node* node = find(name);
    if (!node) return;
    if (!node->is_boolean()) fail(*node, path(name) + " = true or false", as_text(*node));
    value = *node->value<bool>();
  }

  void text(std::string_view name, std::string& value) {
    const toml::node* node = find(name);
    if (!node) return;
    if (!node->is_string()) fail(*node, path(name) + " = a text in quotes", as_text(*node));
    value = *node->value<std::string>();
  }

  template <class Words>
  void one_of(std::string_view name, std::string& value, const Words& words) {
    std::string read = value;
    text(name, read);
    for (const auto word : words)
      if (word == read) {
        value = read;
        return;
      }
    std::string all;
    for (const auto word : words) all += (all.empty() ? "" : ", ") + std::string(word);
    fail(*find(name), path(name) + " = one of " + all, "'" + read + "'");
  }

  template <class E>
  void word(std::string_view name, E& value, std::string_view (*)(E) noexcept,
            E (*from)(std::string_view)) {
    std::string read;
    text(name, read);
    if (!find(name)) return;
    try {
      value = from(read);
    } catch (const Error& error) {
      fail(*find(name), path(name) + " = " + error.expected(), error.got());
    }
  }

  // Every key of the file was asked for.
  void finish() const {
    for (const auto& [key, node] : root_) {
      if (!known_.contains(std::string(key.str()))) unknown(node, std::string(key.str()));
      if (const toml::table* table = node.as_table())
        for (const auto& [inner, value] : *table)
          if (const auto full = std::string(key.str()) + "." + std::string(inner.str());
              !known_.contains(full))
            unknown(value, full);
    }
  }

 private:
  [[nodiscard]] std::string path(std::string_view name) const {
    return section_.empty() ? std::string(name) : section_ + "." + std::string(name);
  }
  const toml::node* find(std::string_view name) {
    known_.insert(path(name));
    return table_ ? table_->get(name) : nullptr;
  }
  [[noreturn]] void unknown(const toml::node& node, const std::string& key) const {
    std::string all;
    const auto dot = key.find('.');
    const std::string prefix = dot == std::string::npos ? "" : key.substr(0, dot + 1);
    for (const auto& k : known_)
      if (k.starts_with(prefix) && k.find('.', prefix.size()) == std::string::npos)
        all += (all.empty() ? "" : ", ") + k.substr(prefix.size());
    fail(node, "a known key (" + all + ")", "'" + key + "'");
  }
  [[noreturn]] void fail(const toml::node& node, const std::string& expected,
                         const std::string& got) const {
    const auto line = node.source().begin.line;
    throw Error(lines_ && line > 0 ? origin_ + ":" + std::to_string(line) : origin_, expected, got);
  }

  const toml::table& root_;
  const toml::table* table_;
  std::string origin_, section_;
  bool lines_;
  std::set<std::string> known_;
};

void take(Recipe& recipe, const toml::table& table, const std::string& origin, bool lines) {
  Reader reader(table, origin, lines);
  visit(recipe, reader);
  reader.finish();
}

}  // namespace

Recipe parse_recipe(std::string_view text, const std::string& origin) {
  Recipe recipe;
  try {
    take(recipe, toml::parse(text), origin, true);
  } catch (const toml::parse_error& error) {
    throw Error(origin + ":" + std::to_string(error.source().begin.line), "TOML",
                std::string(error.description()));
  }
  if (recipe.network.empty()) throw Error(origin, "network = a name of models/", "no such key");
  return recipe;
}

Recipe read_recipe(const std::filesystem::path& path) {
  const auto bytes = read_file(path, 1 << 20);
  return parse_recipe({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

void set_recipe_key(Recipe& recipe, std::string_view assignment) {
  const std::string origin = "--set " + std::string(assignment);
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0)
    throw Error(origin, "key=value, as in train.steps=200", "no '='");
  const std::string line(assignment);
  const std::string key = line.substr(0, equals), value = line.substr(equals + 1);
  toml::table table;
  try {
    table = toml::parse(line);
  } catch (const toml::parse_error&) {  // a bare word: schedule.kind=cosine
    try {
      std::ostringstream quoted;
      quoted << key << " = " << toml::value<std::string>(value);
      table = toml::parse(quoted.str());
    } catch (const toml::parse_error& error) {
      throw Error(origin, "key=value, as in train.steps=200", std::string(error.description()));
    }
  }
  take(recipe, table, origin, false);
}

}  // namespace burin::train

#include "apps/find_recipe.h"

#include <algorithm>
#include <set>
#include <vector>

#include "apps/version.h"
#include "engine/error.h"

namespace burin::apps {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders() {
  std::vector<fs::path> out;
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  if (!failure) out.push_back(program.parent_path().parent_path() / "share/burin/recipes");
  out.emplace_back(recipe_folder);
  out.emplace_back(source_recipe_folder);
  return out;
}

}  // namespace

fs::path find_recipe(const std::string& word) {
  std::error_code ignored;
  if (fs::is_regular_file(word, ignored)) return word;
  std::set<std::string> names;
  const std::string stem = word.ends_with(".toml") ? word.substr(0, word.size() - 5) : word;
  for (const fs::path& folder : folders()) {
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".toml") {
        if (entry.path().stem() == stem) return entry.path();
        names.insert(entry.path().stem().string());
      }
  }
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
  throw Error("recipe " + word, "a file, or one of " + (all.empty() ? "none found" : all),
              "neither");
}

}  // namespace burin::apps

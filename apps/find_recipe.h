// A recipe by path or by name.
#pragma once

#include <filesystem>
#include <string>

namespace burin::apps {

// A path that exists, or a name ("fundus-unet", with or without .toml) among the recipes beside the
// program: below the program's own prefix, where it was installed, or in the source tree it was
// built from. Throws Error that lists the names found.
[[nodiscard]] std::filesystem::path find_recipe(const std::string& word);

}  // namespace burin::apps

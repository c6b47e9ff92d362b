// Shapes on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/shape.h"

namespace burin::apps {

// "1x3x512x512"; sizes from 1. Throws UsageError{"--shape", ...}.
[[nodiscard]] Shape shape_from(std::string_view text);

// "image=a.npy" -> {"image", "a.npy"}; without a name {"", "a.npy"}.
struct NamedWord {
  std::string name, word;
};
[[nodiscard]] NamedWord named_word(const std::string& text);

// Words by the name of what they are for: as written, or in the order of `names`. Throws
// UsageError{option, ...} for an unknown name, one that stands twice, or too many words.
using WordsByName = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] WordsByName words_by_name(const std::string& option,
                                        const std::vector<std::string>& words,
                                        const std::vector<std::string>& names);

// Words of --shape: "1x3x512x512", "image=1x3x512x512", or several with commas between.
using ShapesByName = std::map<std::string, Shape, std::less<>>;
[[nodiscard]] ShapesByName shapes_by_name(const std::vector<std::string>& words,
                                          const std::vector<std::string>& names);

// --shape and --batch of verbs that take any model.
void add_shape_options(CLI::App& verb, std::vector<std::string>& shapes, std::int64_t& batch);

// "f32,bf16" -> {"f32", "bf16"}
[[nodiscard]] std::vector<std::string> split_at_commas(std::string_view text);

}  // namespace burin::apps

// Shapes on the command line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/shape.h"

namespace burin::apps {

// "1x3x512x512"; sizes from 1. Throws UsageError{"--shape", ...}.
[[nodiscard]] Shape shape_from(std::string_view text);

// "1x512,1x10": one for each input.
[[nodiscard]] std::vector<Shape> shapes_from(std::string_view text);

// "image=a.npy" -> {"image", "a.npy"}; without a name {"", "a.npy"}.
struct NamedWord {
  std::string name, word;
};
[[nodiscard]] NamedWord named_word(const std::string& text);

// Words by the name of what they are for: as written, or in the order of `names`. Throws
// UsageError{option, ...} for an unknown name, one that stands twice, or too many words.
[[nodiscard]] std::map<std::string, std::string, std::less<>> words_by_name(
    const std::string& option, const std::vector<std::string>& words,
    const std::vector<std::string>& names);

}  // namespace burin::apps

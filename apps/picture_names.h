// Which files of a folder are pictures.
#pragma once

#include <filesystem>

namespace burin::apps {

// By the ending, in any case; hidden files are none. The reader goes by the content.
[[nodiscard]] bool is_picture_name(const std::filesystem::path& file);

}  // namespace burin::apps

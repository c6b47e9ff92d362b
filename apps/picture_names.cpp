#include "apps/picture_names.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace burin::apps {
namespace {

constexpr std::string_view endings[] = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp"};

}  // namespace

bool is_picture_name(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return !file.filename().string().starts_with('.') &&
         std::find(std::begin(endings), std::end(endings), ending) != std::end(endings);
}

}  // namespace burin::apps

// Height and width of a picture, in pixels.
#pragma once

#include <cstdint>

namespace burin::models {

struct PictureSize {
  std::int64_t height = 0, width = 0;
  [[nodiscard]] std::int64_t pixels() const noexcept { return height * width; }
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

}  // namespace burin::models

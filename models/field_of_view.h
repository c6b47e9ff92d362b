// Where a fundus photograph shows the eye: for pictures that come without a mask.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/picture_size.h"

namespace burin::models {

struct FieldOfView {
  std::vector<std::uint8_t> mask;  // [height*width], 1 inside
};

// One fixed algorithm: brightness is the largest of red, green and blue; pixels brighter than a
// tenth of its 95th percentile, and than 10, are candidates; the largest 4-connected component is
// kept, its holes are filled, and a square of 1/200 of the picture's shorter side (at least 3)
// erodes it, which takes away the blurred rim. A picture without any candidate gets an empty mask.
// rgb [height*width*3]. Throws Error when its length does not fit the size.
[[nodiscard]] FieldOfView find_field_of_view(std::span<const std::uint8_t> rgb,
                                             const PictureSize& size);

// 1 where all pixels of the k x k rectangle around a pixel are not 0; beyond the picture nothing
// erodes (as OpenCV's erode). Throws Error when the mask does not fit the size or k < 1.
[[nodiscard]] std::vector<std::uint8_t> erode(std::span<const std::uint8_t> mask,
                                              const PictureSize& size, int k);

}  // namespace burin::models

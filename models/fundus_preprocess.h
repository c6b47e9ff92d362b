// What a fundus photograph goes through before the network sees it. Pictures are 8-bit, rows from
// the top, RGB interleaved; masks have one byte a pixel, inside where it is not 0.
//
//   1. black outside of the field of view
//   2. each channel stretched from its own range to 0..255, truncated
//   3. CLAHE of each channel, clip limit 2, 8 x 8 tiles
//   4. gamma 1.2: v -> floor(255*(v/255)^(1/1.2))
//   5. divided by 255
//
// The published code also subtracts the mean and divides by the deviation of all channels before
// step 2; the stretch cancels that, so it is left out and step 2 is exact in whole numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/picture_size.h"

namespace burin::models {

// [height*width*3] in 0..1. `fov` [height*width]; empty: all of the picture. Throws Error when a
// length does not fit the size.
[[nodiscard]] std::vector<float> preprocess_fundus(std::span<const std::uint8_t> rgb,
                                                   std::span<const std::uint8_t> fov,
                                                   const PictureSize& size);

// Contrast-limited adaptive histogram equalization (Zuiderveld 1994) of one channel, to the bit as
// OpenCV's createCLAHE(clip, (tiles, tiles)) does it: where a side is no multiple of `tiles` both
// are extended by reflection (tiles - side mod tiles more); each tile's histogram is clipped at
// max(1, clip*area/256), the excess spread over all bins; a pixel is the bilinear blend of the
// look-up tables of the four tiles around it, ties rounded to even.
[[nodiscard]] std::vector<std::uint8_t> clahe(std::span<const std::uint8_t> channel,
                                              const PictureSize& size, double clip = 2.0,
                                              int tiles = 8);

}  // namespace burin::models

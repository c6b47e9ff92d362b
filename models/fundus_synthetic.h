// Believable fundus photographs with their truth, for demonstrations, tests and training before any
// real picture is at hand: a round field of view on black, orange illumination that falls off
// unevenly, a bright disc and a dark macula, branching arteries and veins with central reflexes,
// choroidal pattern, haemorrhages and exudates, blur and noise. Colours, contrasts by width and the
// area of vessels follow what was measured on HRF photographs.
#pragma once

#include <cstdint>
#include <vector>

#include "models/picture_size.h"

namespace burin::models {

struct SyntheticFundus {
  PictureSize size;
  std::vector<std::uint8_t> rgb;      // [height*width*3]
  std::vector<std::uint8_t> vessels;  // [height*width], 1 on vessels
  std::vector<std::uint8_t> field;    // [height*width], 1 inside the field of view
};

// The same (size, seed, sample) gives the same picture. The field of view is 0.93 times as wide as
// the longer side, cut off by the shorter one. Throws Error for sides outside 16..8192.
[[nodiscard]] SyntheticFundus synthesize_fundus(const PictureSize& size, std::uint64_t seed,
                                                std::uint64_t sample);

}  // namespace burin::models

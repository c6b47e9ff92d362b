// The three pictures of a fundus sample, read from a published data set or made.
#pragma once

#include "apps/fundus_sources.h"
#include "io/image.h"

namespace burin::apps {

struct FundusPictures {
  Image image;               // RGB, 8 bits
  Image vessels, field;      // 0 and 255
  bool field_found = false;  // by models/field_of_view.h, not from a file
};

// Masks are cut at half of their range; a file of zeros and ones is taken as it is. Throws Error.
[[nodiscard]] FundusPictures read_pictures(const FundusSource& source);
// Square, models/fundus_synthetic.h.
[[nodiscard]] FundusPictures make_pictures(std::int64_t size, std::uint64_t seed,
                                           std::uint64_t number);
// Share of the 255 in a mask.
[[nodiscard]] double share_of(const Image& mask);

}  // namespace burin::apps

// Pictures of another size. Rows from the top, channels interleaved.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/picture_size.h"

namespace burin::train {

using Extent = models::PictureSize;

// The size of width `width` in proportion, each side at least 1; the size itself for width 0.
[[nodiscard]] Extent scaled_to_width(const Extent& size, std::int64_t width) noexcept;

// Along an axis that shrinks, a pixel is the mean of the area it covers; along one that grows, it
// is linear between half-pixel centres, clamped at the edge. Values have `channels` numbers a
// pixel.
[[nodiscard]] std::vector<float> resample(std::span<const float> values, const Extent& from,
                                          const Extent& to, std::int64_t channels);

// Labels: 1 where at least half of the area is not 0.
[[nodiscard]] std::vector<std::uint8_t> resample_mask(std::span<const std::uint8_t> mask,
                                                      const Extent& from, const Extent& to);
// Class numbers below `classes`, or ignore_index: that of the largest area, the smaller number on a
// tie.
[[nodiscard]] std::vector<std::uint8_t> resample_classes(std::span<const std::uint8_t> labels,
                                                         const Extent& from, const Extent& to,
                                                         int classes,
                                                         std::int64_t ignore_index = -1);

}  // namespace burin::train

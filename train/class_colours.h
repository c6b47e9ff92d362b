// One colour for each class, those of the PASCAL VOC challenge: black for class 0, then dark red,
// dark green, ...
#pragma once

#include <span>
#include <vector>

#include "io/image.h"

namespace burin::train {

[[nodiscard]] std::vector<Colour> class_colours(int classes);

// RGB: each pixel in the colour of its class; black without labels.
[[nodiscard]] Image coloured(std::span<const std::uint8_t> labels, std::int64_t height,
                             std::int64_t width);

// The picture (RGB) with every class but 0 laid over it, half and half.
[[nodiscard]] Image class_overlay(const Image& picture, std::span<const std::uint8_t> labels);

}  // namespace burin::train

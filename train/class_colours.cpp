#include "train/class_colours.h"

namespace burin::train {

// Bits 0, 1, 2 of the class go to red, green, blue from the highest bit down, then bits 3, 4, 5, ...
std::vector<Colour> class_colours(int classes) {
  std::vector<Colour> out(static_cast<std::size_t>(classes), Colour{});
  for (int k = 0; k < classes; ++k)
    for (int bit = 0; bit < 8; ++bit) {
      const int channel = bit % 3, place = 7 - bit / 3;
      out[static_cast<std::size_t>(k)][static_cast<std::size_t>(channel)] |=
          static_cast<std::uint8_t>((k >> bit & 1) << place);
    }
  return out;
}

Image coloured(std::span<const std::uint8_t> labels, std::int64_t height, std::int64_t width) {
  const auto colours = class_colours(256);
  Image out = make_image(width, height, 3);
  for (std::size_t i = 0; i < 3 * labels.size(); ++i) out.data[i] = colours[labels[i / 3]][i % 3];
  return out;
}

Image class_overlay(const Image& picture, std::span<const std::uint8_t> labels) {
  const auto colours = class_colours(256);
  Image out = picture;
  for (std::size_t i = 0; i < out.data.size(); ++i)
    if (const auto k = labels[i / 3]; k != 0)
      out.data[i] = static_cast<std::uint8_t>((out.data[i] + colours[k][i % 3] + 1) / 2);
  return out;
}

}  // namespace burin::train

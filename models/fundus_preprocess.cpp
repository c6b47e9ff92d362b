#include "models/fundus_preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "engine/error.h"

namespace burin::models {
namespace {

constexpr double gamma_exponent = 1.0 / 1.2;

// One channel of the picture, black outside of the field of view.
std::vector<std::uint8_t> masked_channel(std::span<const std::uint8_t> rgb,
                                         std::span<const std::uint8_t> fov, std::size_t channel) {
  std::vector<std::uint8_t> out(rgb.size() / 3);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = fov.empty() || fov[i] != 0 ? rgb[3 * i + channel] : std::uint8_t{0};
  return out;
}

// floor(255*(v - min)/(max - min)); an even channel becomes 0.
void stretch(std::vector<std::uint8_t>& channel) {
  const auto [low, high] = std::ranges::minmax(channel);
  const int range = std::max(1, high - low);
  for (std::uint8_t& v : channel) v = static_cast<std::uint8_t>(255 * (v - low) / range);
}

std::array<float, 256> gamma_table() {
  std::array<float, 256> table{};
  for (int v = 0; v < 256; ++v)
    table[static_cast<std::size_t>(v)] =
        static_cast<float>(std::floor(255.0 * std::pow(v / 255.0, gamma_exponent))) / 255.0f;
  return table;
}

}  // namespace

std::vector<float> preprocess_fundus(std::span<const std::uint8_t> rgb,
                                     std::span<const std::uint8_t> fov, const PictureSize& size) {
  const auto pixels = static_cast<std::size_t>(size.pixels());
  const std::string wanted = std::to_string(size.height) + "x" + std::to_string(size.width);
  if (size.height < 1 || size.width < 1 || rgb.size() != 3 * pixels)
    throw Error("preprocess_fundus", "an RGB picture of " + wanted, std::to_string(rgb.size()));
  if (!fov.empty() && fov.size() != pixels)
    throw Error("preprocess_fundus", "a field of view of " + wanted, std::to_string(fov.size()));
  const std::array<float, 256> brightened = gamma_table();
  std::vector<float> out(rgb.size());
  for (std::size_t c = 0; c < 3; ++c) {
    std::vector<std::uint8_t> channel = masked_channel(rgb, fov, c);
    stretch(channel);
    channel = clahe(channel, size);
    for (std::size_t i = 0; i < pixels; ++i) out[3 * i + c] = brightened[channel[i]];
  }
  return out;
}

}  // namespace burin::models

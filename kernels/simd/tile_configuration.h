// What ldtilecfg reads.
#pragma once

#include <cstdint>

namespace burin::kernels {

// Palette 1: all eight tiles of 16 rows x 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

}  // namespace burin::kernels

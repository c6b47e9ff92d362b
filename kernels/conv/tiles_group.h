// How the products of one phase of a window are ordered. Few weights: the sums of some tiles stay near
// L1 while the weights of a block of target channels come from L2. Many: all sums of some blocks
// stay in L2 while weights and source, a range of depth at a time, come from L3 once. Few pixels: the
// sums of a block stay in registers while its weights go by.
#pragma once

#include "kernels/conv/tiles_plan.h"

namespace burin::kernels {
namespace {

struct TilesGroup {
  static constexpr int deepest_bytes = 36 * 1024;            // of weights, in L1
  static constexpr std::int64_t weights_in_l2 = 320 * 1024;  // of a block
  static constexpr std::int64_t sums_in_l2 = 640 * 1024;
  static constexpr int few_tiles = 16;

  int depths;  // ranges of steps
  int blocks;  // of target channels
  int tiles;   // of pixels

  TilesGroup(const TilesPlan& p, int steps, int all_tiles) noexcept {
    const std::int64_t bytes = std::int64_t{steps} * p.w_planes * 2 * tile_bytes;
    depths = static_cast<int>(at_least(1, ceil_div(bytes, deepest_bytes)));
    blocks = 1;
    tiles = depths == 1 || few_tiles > all_tiles ? all_tiles : few_tiles;
    if (all_tiles <= 2) depths = 1;
    if (bytes <= weights_in_l2 || all_tiles <= 2) return;
    tiles = (all_tiles + 3) / 4 * 4;
    blocks = static_cast<int>(at_least(1, sums_in_l2 / (std::int64_t{tiles} * 2 * tile_bytes)));
  }

  // Pixel tiles of two channel tiles that any phase of the pass keeps sums of.
  [[nodiscard]] static std::int64_t most_sums(const TilesPlan& p) noexcept {
    if (p.shape.taps() * p.c_blocks * p.w_planes * 2 * tile_bytes <= weights_in_l2)
      return few_tiles;
    return at_least(few_tiles, at_least(p.most_tiles() + 4, sums_in_l2 / (2 * tile_bytes)));
  }
};

}  // namespace
}  // namespace burin::kernels

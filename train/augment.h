// Patches cut out of images, moved and coloured on the way. All randomness comes from Draws, so a
// patch depends on its key (seed, epoch, sample) and on nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "train/draws.h"

namespace burin::train {

// One image with its truth, in memory: rows from the top, channels interleaved.
struct Case {
  std::string id{};
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<float> image{};         // height*width*channels, 0..1
  std::vector<std::uint8_t> label{};  // height*width class numbers
  std::vector<std::uint8_t> field{};  // height*width, 0 outside of the field of view; or empty
};

// Amounts are the largest change; each is drawn uniformly between none and that, in both
// directions.
struct AugmentOptions {
  bool flip_horizontal = false, flip_vertical = false;  // each with probability 1/2
  bool quarter_turns = false;                           // 0, 90, 180 or 270 degrees
  double rotate = 0;                                    // degrees
  double zoom = 0;                                      // size times 1-zoom..1+zoom
  double elastic =
      0;  // pixels: deviation of the displacement at a node (cubic B-spline between nodes)
  double elastic_cell = 32;  // pixels between nodes
  double brightness = 0;     // v + b
  double contrast = 0;       // (v - 1/2) * (1+c) + 1/2
  double gamma = 0;          // v^(2^g)
  double colour = 0;         // channel times 1+k
  double noise = 0;          // deviation of Gaussian noise, drawn up to this
};

// Where the pixels of a patch come from:
//   source = centre + matrix * (pixel - middle of the patch) + displacement
struct Motion {
  std::array<double, 4> matrix{1, 0, 0, 1};  // row major, acts on (y, x)
  std::int64_t nodes = 0;  // per side of the displacement grid; 0: no displacement
  double cell = 1;
  std::vector<double> displacement;  // nodes*nodes pairs (y, x), pixels
};

struct Colouring {
  double brightness = 0, contrast = 1, gamma = 1, noise = 0;
  std::array<double, 4> gain{1, 1, 1, 1};  // of the first four channels
};

[[nodiscard]] Motion draw_motion(const AugmentOptions& options, std::int64_t patch, Draws& draws);
[[nodiscard]] Colouring draw_colouring(const AugmentOptions& options, Draws& draws);

struct Patch {
  std::int64_t size = 0, channels = 0;
  std::vector<float> image;           // size*size*channels
  std::vector<std::int32_t> label;    // size*size; `outside` beyond the image
  std::vector<std::uint8_t> field{};  // size*size; 0 beyond the image
};

// A square patch whose middle lies on pixel (cy, cx). Images are interpolated bilinearly, labels
// and field by nearest pixel; beyond the image, pixels are 0 and labels are `outside`.
[[nodiscard]] Patch cut_patch(const Case& source, std::int64_t cy, std::int64_t cx,
                              std::int64_t size, const Motion& motion, std::int32_t outside = 0);

// Brightness, contrast, gamma, gain and noise, in that order, clamped to 0..1; only inside the
// field.
void colour_patch(Patch& patch, const Colouring& colouring, Draws& draws);

}  // namespace burin::train

// Which patch is number `sample` of an epoch: a pure function of (seed, epoch, sample).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/augment.h"

namespace burin::train {

struct SamplerOptions {
  std::int64_t patch = 96;  // pixels
  double foreground = 0.5;  // share of patches centred on a pixel that is neither 0 nor `outside`
  std::uint64_t seed = 1;
  std::int32_t outside = 0;  // label beyond the image, and of pixels that do not count
};

class PatchSampler {
 public:
  // The cases must outlive the sampler. Throws Error when there is none, when they differ in
  // channels, or when one has an empty field of view.
  PatchSampler(std::span<const Case> cases, const SamplerOptions& options,
               const AugmentOptions& augment);

  struct Choice {
    std::size_t index;    // of the case
    std::int64_t cy, cx;  // centre
  };
  // Cases take turns, from a start drawn for the epoch. The centre is a foreground pixel with the
  // share asked for, else any pixel of the field of view; moved so that the patch stays inside an
  // image that is large enough.
  [[nodiscard]] Choice choose(std::int64_t epoch, std::int64_t sample) const;
  // Cut, moved and coloured. Safe to call from several threads.
  [[nodiscard]] Patch draw(std::int64_t epoch, std::int64_t sample) const;

 private:
  std::span<const Case> cases_;
  SamplerOptions options_;
  AugmentOptions augment_;
  std::vector<std::vector<std::int32_t>> foreground_, field_;  // pixel numbers by case
};

}  // namespace burin::train

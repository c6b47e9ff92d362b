// burin prepare fundus: a published fundus data set, or a synthetic one, to a data folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace burin::apps {

struct PrepareOptions {
  std::filesystem::path from, to;
  double validation = 0;       // share of the training images, at least one; 0: no part val
  std::uint64_t seed = 1;      // of the split, and of the synthetic pictures
  std::int64_t synthetic = 0;  // pictures to make; 0: read `from`
  std::int64_t size = 512;     // of synthetic pictures, in pixels, square
  std::function<void(std::int64_t done, std::int64_t all, const std::string& line)> progress = {};
};

struct PrepareResult {
  std::int64_t train = 0, val = 0, test = 0;
  double field_share = 0;  // mean share of the pictures' area inside the field of view
  bool was_there = false;  // an earlier run with the same arguments had finished
};

// images as RGB, masks and fov as 0 and 255, all at native size. Masks are cut at half of their
// range. An undivided data set gives numbers above 10 of each kind to test, as the published kit
// does, or, where that leaves a part empty, a third by the seed. dataset.json comes last; a run
// that was killed goes on where it stopped. Throws Error.
PrepareResult prepare_fundus(const PrepareOptions& options);

}  // namespace burin::apps

// Published fundus data sets as they lie on disk: which picture, vessel mask and field of view
// belong together.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace burin::apps {

struct FundusSource {
  std::string id;     // "01_dr"
  std::string split;  // "training" or "test"; empty where the data set is not divided
  std::filesystem::path image, vessels;
  std::filesystem::path field;  // empty when the data set has none
};

// {training,test}/{images, manual1 or 1st_manual, mask}, or the same folders without a division
// (HRF as published). Names pair up after suffixes are taken off: 01_dr.JPG, 01_dr.tif,
// 01_dr_mask.tif; 21_training.tif, 21_manual1.gif, 21_training_mask.gif. Each picture needs its
// vessel mask. Sorted by split and id. Throws Error.
[[nodiscard]] std::vector<FundusSource> find_fundus_sources(const std::filesystem::path& folder);

}  // namespace burin::apps

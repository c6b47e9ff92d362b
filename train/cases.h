// From a sample of a data folder to a case in memory, as a recipe wants it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/dataset.h"
#include "io/image.h"
#include "train/augment.h"
#include "train/recipe.h"
#include "train/resample.h"

namespace burin::train {

struct NativeTruth {
  Extent size;
  std::vector<std::uint8_t> label, field;  // as in Case, at the size of the file
};

// What a network sees of a picture: resized to the recipe's width, preprocessed, 0..1. Without
// label; the field of view is used by the preprocessing and kept, at working size. `field` is empty
// or of the picture's size. `file` names the case, and the Error for a picture that would grow
// beyond the pixels that a file may have.
[[nodiscard]] Case case_of_picture(const Image& picture, std::span<const std::uint8_t> field,
                                   const DataRecipe& recipe, const std::filesystem::path& file);

// Labels that a mask may hold: [0, classes), and one that does not count, or -1. Of two classes
// every label but 0 and that one stands for 1.
struct TruthLabels {
  int classes = 2;
  std::int64_t ignore_index = -1;
};

// Image, mask and (when the sample has one) field of view, at working size. Labels of two classes
// are resized by area, of more by the largest area. `native`, unless null, gets truth and field at
// the size of the file. Throws Error naming the file.
[[nodiscard]] Case load_case(const Sample& sample, const DataRecipe& recipe,
                             const TruthLabels& labels, NativeTruth* native = nullptr);
[[nodiscard]] std::vector<Case> load_cases(std::span<const Sample> samples,
                                           const DataRecipe& recipe, const TruthLabels& labels);

// The case with the pixels labelled ignore_index outside of its field of view.
[[nodiscard]] Case without_ignored(Case c, std::int64_t ignore_index);

struct Partition {
  std::vector<Sample> train, validation;
};
// The folder's own train and val parts; without val, the recipe's share of train is cut off by the
// seed (none for share 0). Throws Error.
[[nodiscard]] Partition partition(const Dataset& dataset, const Recipe& recipe);

// Classes of the truth: 2 for a network with one output channel.
[[nodiscard]] int truth_classes(std::int64_t output_channels) noexcept;

}  // namespace burin::train

// Scores of predictions, per case and pooled.
#pragma once

#include <optional>
#include <span>

#include "engine/nn/network.h"
#include "train/metrics.h"
#include "train/predict.h"

namespace burin::train {

// One-channel networks: counts at the recipe's threshold and areas, inside the field of view. More
// classes: mean dice and the rest from the confusion matrix; areas are NaN.
struct Scores {
  double dice = 0, iou = 0, roc_auc = 0, pr_auc = 0, sensitivity = 0, specificity = 0, accuracy = 0;
  double field_share = 1;                                   // of the area
  std::optional<ConfusionMatrix> confusion = std::nullopt;  // more classes than one only
};

// One class against the rest; areas and field_share are NaN.
[[nodiscard]] Scores scores_of_class(const ConfusionMatrix& confusion, int label);

// Adds cases up and keeps what pooling needs.
class Scorer {
 public:
  // Pixels labelled ignore_index do not count; for more classes than one only.
  Scorer(std::int64_t classes, double threshold, std::int64_t ignore_index = -1);

  // Scores of this case alone; also pooled. `field` may be empty. Throws Error when sizes differ.
  Scores add(const Prediction& prediction, std::span<const std::uint8_t> label,
             std::span<const std::uint8_t> field);
  [[nodiscard]] Scores pooled();

 private:
  std::int64_t classes_;
  double threshold_;
  std::int64_t ignore_index_;
  Counts counts_;
  Ranking ranking_;
  ConfusionMatrix confusion_;
  double field_ = 0, area_ = 0;
};

// Of all cases, pooled; ignore_index as above.
[[nodiscard]] Scores evaluate(Network& network, std::span<const Case> cases,
                              const InferRecipe& recipe, std::int64_t ignore_index = -1);

}  // namespace burin::train

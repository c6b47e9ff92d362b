#include "train/evaluate.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "train/cases.h"

namespace burin::train {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

Scores of_counts(const Counts& counts, const Areas& areas) {
  return {.dice = counts.dice(),
          .iou = counts.iou(),
          .roc_auc = areas.roc_auc,
          .pr_auc = areas.pr_auc,
          .sensitivity = counts.sensitivity(),
          .specificity = counts.specificity(),
          .accuracy = counts.accuracy()};
}

// Means over the classes present; sensitivity and specificity are of "any class but 0".
Scores of_confusion(const ConfusionMatrix& m) {
  Counts any;
  for (int t = 0; t < m.classes(); ++t)
    for (int p = 0; p < m.classes(); ++p) {
      const auto cell = m.at(t, p);
      (t > 0 ? (p > 0 ? any.tp : any.fn) : (p > 0 ? any.fp : any.tn)) += cell;
    }
  return {.dice = m.mean_dice(),
          .iou = m.mean_iou(),
          .roc_auc = undefined,
          .pr_auc = undefined,
          .sensitivity = any.sensitivity(),
          .specificity = any.specificity(),
          .accuracy = m.accuracy(),
          .confusion = m};
}

ConfusionMatrix confusion_of(const Prediction& prediction, std::span<const std::uint8_t> label,
                             std::span<const std::uint8_t> field, std::int64_t ignore_index) {
  const auto found = prediction.labels(0.5);
  std::vector<std::int32_t> p(found.begin(), found.end()), t(label.begin(), label.end());
  for (std::size_t i = 0; i < t.size(); ++i)
    if (t[i] == ignore_index || (!field.empty() && !field[i])) t[i] = -1;
  ConfusionMatrix m(static_cast<int>(prediction.classes));
  m.add(p, t);
  return m;
}

}  // namespace

Scores scores_of_class(const ConfusionMatrix& confusion, int label) {
  Scores scores = of_counts(confusion.of(label), {undefined, undefined});
  scores.field_share = undefined;
  return scores;
}

Scorer::Scorer(std::int64_t classes, double threshold, std::int64_t ignore_index)
    : classes_(classes),
      threshold_(threshold),
      ignore_index_(ignore_index),
      confusion_(truth_classes(classes)) {}

Scores Scorer::add(const Prediction& prediction, std::span<const std::uint8_t> label,
                   std::span<const std::uint8_t> field) {
  const auto pixels = static_cast<double>(prediction.height * prediction.width);
  const double inside = field.empty()
                            ? pixels
                            : static_cast<double>(field.size()) -
                                  static_cast<double>(std::count(field.begin(), field.end(), 0));
  Scores scores;
  if (classes_ == 1) {
    const Counts counts =
        count(prediction.probability, label, field, static_cast<float>(threshold_));
    Ranking ranking;
    ranking.add(prediction.probability, label, field);
    ranking_.add(ranking);
    counts_ += counts;
    scores = of_counts(counts, ranking.areas());
  } else {
    const ConfusionMatrix m = confusion_of(prediction, label, field, ignore_index_);
    confusion_ += m;
    scores = of_confusion(m);
  }
  field_ += inside, area_ += pixels;
  scores.field_share = inside / pixels;
  return scores;
}

Scores Scorer::pooled() {
  Scores scores = classes_ == 1 ? of_counts(counts_, ranking_.areas()) : of_confusion(confusion_);
  scores.field_share = area_ > 0 ? field_ / area_ : undefined;
  return scores;
}

Scores evaluate(Network& network, std::span<const Case> cases, const InferRecipe& recipe,
                std::int64_t ignore_index) {
  std::optional<Scorer> scorer;
  Predictor predict(network, recipe);
  for (const Case& c : cases) {
    const Prediction prediction = predict(c);
    if (!scorer) scorer.emplace(prediction.classes, recipe.threshold, ignore_index);
    (void)scorer->add(prediction, c.label, c.field);
  }
  return scorer ? scorer->pooled() : Scores{};
}

}  // namespace burin::train

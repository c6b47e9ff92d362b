// Scores of a segmentation, from exact counts and exact ranks. A score without a meaning (nothing
// to find, nothing to reject) is NaN; JSON shows it as null.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace burin::train {

// Two classes. Sums of it are pooled counts.
struct Counts {
  std::int64_t tp = 0, fp = 0, fn = 0, tn = 0;

  void add(bool predicted, bool truth) noexcept {
    ++(truth ? (predicted ? tp : fn) : (predicted ? fp : tn));
  }
  Counts& operator+=(const Counts& other) noexcept;

  [[nodiscard]] double dice() const noexcept;  // 2tp / (2tp + fp + fn); 1 when all three are 0
  [[nodiscard]] double iou() const noexcept;   // tp / (tp + fp + fn);   1 when all three are 0
  [[nodiscard]] double sensitivity() const noexcept;  // tp / (tp + fn)
  [[nodiscard]] double specificity() const noexcept;  // tn / (tn + fp)
  [[nodiscard]] double accuracy() const noexcept;     // (tp + tn) / all
  friend bool operator==(const Counts&, const Counts&) = default;
};

// Pixels with probability > threshold count as found; truth and mask are zero or not, an empty mask
// means every pixel. Throws Error when sizes differ.
[[nodiscard]] Counts count(std::span<const float> probability, std::span<const std::uint8_t> truth,
                           std::span<const std::uint8_t> mask, float threshold);

// Areas under curves, by rank, ties exact.
struct Areas {
  double roc_auc = 0;  // P(score of a positive > score of a negative) + P(equal) / 2
  double pr_auc = 0;   // sum over distinct thresholds of (R_n - R_{n-1}) * P_n
};

class Ranking {
 public:
  // Throws Error when sizes differ or a score inside the mask is NaN.
  void add(std::span<const float> score, std::span<const std::uint8_t> truth,
           std::span<const std::uint8_t> mask);
  void add(const Ranking& other);
  // Sorts what was added (4 bytes a pixel, plus as much while sorting). NaN without positives or
  // without negatives.
  [[nodiscard]] Areas areas();

 private:
  std::vector<std::uint32_t> positives_, negatives_;  // keys that sort as the scores do
};

// K classes: rows are truth, columns are predictions.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int classes);

  // Pixels whose truth is ignore_index do not count. Throws Error for a class out of range.
  void add(std::span<const std::int32_t> prediction, std::span<const std::int32_t> truth,
           std::int32_t ignore_index = -1);

  // Throws Error when the number of classes differs.
  ConfusionMatrix& operator+=(const ConfusionMatrix& other);

  [[nodiscard]] int classes() const noexcept { return classes_; }
  [[nodiscard]] std::int64_t at(int truth, int prediction) const noexcept;
  [[nodiscard]] Counts of(int label) const noexcept;  // one against the rest
  [[nodiscard]] double accuracy() const noexcept;
  // Means over the classes that occur in truth or prediction.
  [[nodiscard]] double mean_dice() const noexcept;
  [[nodiscard]] double mean_iou() const noexcept;

 private:
  int classes_;
  std::vector<std::int64_t> cells_;
};

// The threshold t in 0..256 for which "value < t means found" (dark structures) has the best dice,
// by trying all; the smallest of equals. 0 finds nothing, 256 everything.
struct ThresholdBaseline {
  int threshold = 0;
  Counts counts;
};
[[nodiscard]] ThresholdBaseline best_dark_threshold(std::span<const std::uint8_t> value,
                                                    std::span<const std::uint8_t> truth,
                                                    std::span<const std::uint8_t> mask);

}  // namespace burin::train

// Losses by name: combinations of the ops of engine/ops/ops.h.
#pragma once

#include <string_view>
#include <vector>

#include "engine/autograd/tape.h"

namespace burin::train {

enum class LossKind { dice, bce, dice_bce, cross_entropy, dice_ce, l1, l2 };

// "dice", "bce", "dice+bce", "cross_entropy", "dice+ce", "l1", "l2".
[[nodiscard]] std::string_view loss_name(LossKind kind) noexcept;
// Throws Error for a word that is none of the seven.
[[nodiscard]] LossKind loss_from(std::string_view word);

struct LossOptions {
  LossKind kind = LossKind::dice_bce;
  double smooth = 1.0;             // dice: added above and below the fraction
  std::vector<double> weights;     // cross_entropy, dice+ce: one per class, or empty
  std::int64_t ignore_index = -1;  // cross_entropy, dice+ce: pixels of this label do not count
};

// Target is class numbers [n,h,w] of i32 (cross_entropy, dice+ce) instead of the prediction's
// shape.
[[nodiscard]] bool wants_classes(LossKind kind) noexcept;

// Throws Error for a loss that does not fit the number of classes, and for keys that it would not
// read.
void check_loss(const LossOptions& loss, std::int64_t classes);

// prediction [n,c,h,w] as the network gives it (logits; l1 and l2 take it as it is), target as
// wants_classes says. dice+ce: cross-entropy + 1 - dice of softmax against the one-hot target, all
// classes together. Scalar. Throws Error from the ops.
[[nodiscard]] Value loss(const Value& prediction, const Tensor& target, const LossOptions& options);

}  // namespace burin::train

#include "train/loss.h"

#include <array>
#include <string>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "train/names.h"

namespace burin::train {
namespace {

constexpr std::array<std::string_view, 7> names = {"dice",    "bce", "dice+bce", "cross_entropy",
                                                   "dice+ce", "l1",  "l2"};

// [n,h,w] of i32 -> [n,classes,h,w] of f32 in {0,1}; an ignored or impossible class is all zero.
Tensor one_hot(const Tensor& classes, const Shape& like, std::int64_t ignored) {
  Tensor out = Tensor::zeros(like);
  const std::int64_t channels = like.channels(), pixels = like.elements() / channels;
  const auto* label = classes.data<std::int32_t>();
  float* y = out.data<float>();
  for (std::int64_t i = 0; i < pixels; ++i)
    if (label[i] >= 0 && label[i] < channels && label[i] != ignored)
      y[i * channels + label[i]] = 1.0f;
  return out;
}

}  // namespace

std::string_view loss_name(LossKind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }

LossKind loss_from(std::string_view word) { return enum_from<LossKind>("loss", word, names); }

bool wants_classes(LossKind kind) noexcept {
  return kind == LossKind::cross_entropy || kind == LossKind::dice_ce;
}

void check_loss(const LossOptions& loss, std::int64_t classes) {
  if (wants_classes(loss.kind) != (classes > 1))
    throw Error("loss.kind",
                classes > 1 ? "cross_entropy or dice+ce for " + std::to_string(classes) + " classes"
                            : "a loss for one class",
                std::string(loss_name(loss.kind)));
  if (classes == 1 && loss.ignore_index >= 0)
    throw Error("loss.ignore_index", "-1 for a network of one class",
                std::to_string(loss.ignore_index));
  if (!wants_classes(loss.kind) && !loss.weights.empty())
    throw Error("loss.weights", "none, as " + std::string(loss_name(loss.kind)) + " reads none",
                std::to_string(loss.weights.size()));
}

Value loss(const Value& prediction, const Tensor& target, const LossOptions& options) {
  LossAttributes attributes;
  attributes.smooth = static_cast<float>(options.smooth);
  attributes.ignore_index = options.ignore_index;
  for (const double w : options.weights) attributes.weights.push_back(static_cast<float>(w));
  const Value y = prediction.tape().input(target);
  switch (options.kind) {
    case LossKind::dice:
      return dice_loss(prediction, y, attributes);
    case LossKind::bce:
      return bce_loss(prediction, y, attributes);
    case LossKind::dice_bce:
      return add(dice_loss(prediction, y, attributes), bce_loss(prediction, y, attributes));
    case LossKind::cross_entropy:
      return cross_entropy_loss(prediction, y, attributes);
    case LossKind::dice_ce: {
      LossAttributes probabilities = attributes;
      probabilities.from_logits = false;
      const Value hot =
          prediction.tape().input(one_hot(target, prediction.shape(), options.ignore_index));
      return add(dice_loss(softmax(prediction), hot, probabilities),
                 cross_entropy_loss(prediction, y, attributes));
    }
    case LossKind::l1:
      return l1_loss(prediction, y);
    case LossKind::l2:
      break;
  }
  return l2_loss(prediction, y);
}

}  // namespace burin::train

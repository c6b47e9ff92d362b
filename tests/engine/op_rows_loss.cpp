// Losses: scalars of a prediction and a target.
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

using Values = std::span<const Value>;
const Shape image{2, 3, 4, 5};
const Shape classes{2, 4, 5};

// Input 0 in (0.05, 0.95) when it stands for probabilities, input 1 always in {0, 1}.
Tensor probability(std::size_t i, const Shape& shape, Random& random) {
  std::vector<float> v = random.reals(static_cast<std::size_t>(shape.elements()));
  for (float& x : v) x = i == 1 ? (x > 0 ? 1.0f : 0.0f) : 0.5f + 0.45f * x;
  return Tensor::from(shape, v);
}
Tensor zero_or_one(std::size_t i, const Shape& shape, Random& random) {
  return i == 1 ? probability(i, shape, random) : Tensor();
}

// Input 1: classes 0..4 and, for one pixel in six, the ignored -1.
Tensor labels(std::size_t i, const Shape& shape, Random& random) {
  if (i == 0) return {};
  const Tensor out = Tensor::empty(shape, DType::i32, Order::row_major);
  for (std::int64_t p = 0; p < shape.elements(); ++p)
    out.data<std::int32_t>()[p] = random.integer(-1, 4);
  return out;
}

const std::vector<Inputs> bad_pairs{{image, Shape{2, 3, 4, 4}}, {image, Shape{}}};
const std::vector<Inputs> bad_classes{{Shape{2, 5, 4, 5}, image}, {Shape{5}, Shape{5}}};

const RegisterRows losses{
    {.op = "dice_loss",
     .what = "logits",
     .inputs = {image, image},
     .run = [](Values v) { return dice_loss(v[0], v[1], {}); },
     .wants = {true, false},
     .bad = bad_pairs,
     .make = zero_or_one},
    {.op = "dice_loss",
     .what = "probabilities, no smoothing, many blocks",
     .inputs = {Shape{1, 1, 190, 190}, Shape{1, 1, 190, 190}},
     .run = [](Values v) { return dice_loss(v[0], v[1], {.smooth = 0, .from_logits = false}); },
     .wants = {true, false},
     .tolerance = 3e-2,
     .make = probability},
    {.op = "bce_loss",
     .what = "logits of a channel slice",
     .inputs = {Shape{2, 5, 4, 5}, image},
     .run = [](Values v) { return bce_loss(slice(v[0], 1, 1, 3), v[1], {}); },
     .wants = {true, false},
     .bad = bad_pairs,
     .make = zero_or_one},
    {.op = "bce_loss",
     .what = "probabilities",
     .inputs = {image, image},
     .run = [](Values v) { return bce_loss(v[0], v[1], {.from_logits = false}); },
     .wants = {true, false},
     .make = probability},
    {.op = "cross_entropy_loss",
     .what = "weights and ignored pixels",
     .inputs = {Shape{2, 5, 4, 5}, classes},
     .run =
         [](Values v) {
           return cross_entropy_loss(v[0], v[1], {.weights = {1.0f, 0.5f, 2.0f, 0.0f, 1.5f}});
         },
     .wants = {true, false},
     .bad = bad_classes,
     .make = labels},
    {.op = "cross_entropy_loss",
     .what = "70 classes of a matrix",
     .inputs = {Shape{9, 70}, Shape{9}},
     .run = [](Values v) { return cross_entropy_loss(v[0], v[1], {}); },
     .wants = {true, false},
     .make = labels},
    {.op = "cross_entropy_loss",
     .what = "a volume",
     .inputs = {Shape{1, 5, 3, 4, 5}, Shape{1, 3, 4, 5}},
     .run = [](Values v) { return cross_entropy_loss(v[0], v[1], {}); },
     .wants = {true, false},
     .make = labels},
    {.op = "l1_loss",
     .what = "both differentiated",
     .inputs = {image, image},
     .run = [](Values v) { return l1_loss(v[0], v[1]); },
     .bad = bad_pairs},
    {.op = "l2_loss",
     .what = "both differentiated",
     .inputs = {image, image},
     .run = [](Values v) { return l2_loss(v[0], v[1]); },
     .bad = bad_pairs},
};

}  // namespace
}  // namespace burin::test

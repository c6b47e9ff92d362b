#include "models/fundus_unet.h"

namespace burin::models {
namespace {

// Keras' momentum of 0.01 needs hundreds of steps before the running statistics follow the network;
// the corrected form takes more of each batch.
constexpr ResidualStyle style_of(const FundusOptions& o) {
  ResidualStyle style;
  if (!o.faithful) style.momentum = 0.05f;
  return style;
}

// A norm just before the sigmoid fixes the spread of the logits at its gain. At a gain of 1 no
// pixel can be certain, and an optimizer that moves by 0.001 a step needs thousands of steps to
// change that; the corrected form starts at a gain of 3 and at the share of vessel pixels,
// sigmoid(-2) = 0.12.
constexpr float head_gain = 3.0f, head_offset = -2.0f;

// [skip, x at twice its size], as the paper's code orders them.
Value join(const Value& skip, const Value& x) {
  const Value parts[] = {skip, double_size(x)};
  return concat(parts, 1);
}

BatchNorm norm_of_one(const ResidualStyle& s) {
  return BatchNorm({.channels = 1, .epsilon = s.epsilon, .momentum = s.momentum});
}

}  // namespace

LinearTransform::LinearTransform(bool faithful_, const ResidualStyle& s)
    : weight{.value = Tensor::zeros({faithful_ ? 2 : 3, 1, 3, 3}, DType::f32, Order::row_major)},
      norm(norm_of_one(s)),
      faithful(faithful_) {}

Value LinearTransform::operator()(const Value& image) const {
  Value kernels = leaf(image.tape(), weight);
  if (faithful) {
    const Value parts[] = {kernels, slice(kernels, 0, 0, 1)};
    kernels = concat(parts, 0);  // [3, 1, 3, 3]
  }
  const Value s =
      conv(image, kernels, {},
           {.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}, .groups = 3});
  const Value mix = softmax(global_average_pool(s), 1);              // [n, 3, 1, 1]
  const Value lit = multiply(image, scale(sigmoid(s), 1.0f, 1.0f));  // [n, 3, h, w]
  const int channels[] = {1};
  return norm(sum(multiply(lit, mix), channels));  // [n, 1, h, w]
}

// Each kernel is a layer of its own with one channel in and out, so that its fan is 9.
void LinearTransform::initialize(const InitRule& rule, std::uint64_t seed,
                                 std::uint32_t layer) const {
  for (std::int64_t k = 0; k < weight.value.shape()[0]; ++k) {
    const Parameter one{.value = weight.value.batch_slice(k, 1)};
    initialize_layer(one, {}, rule, seed, layer + 0x1000u * static_cast<std::uint32_t>(k + 1));
  }
}

FundusUnet::FundusUnet(const FundusOptions& o)
    : options_(o),
      front_(o.faithful, style_of(o)),
      resinit_(1, 16, style_of(o)),
      resup_(16, 32, style_of(o)),
      down1_(32, 64, style_of(o)),
      down11_(64, 64, style_of(o)),
      down2_(64, 128, style_of(o)),
      down21_(128, 128, style_of(o)),
      down3_(128, 256, style_of(o)),
      down31_(256, 256, style_of(o)),
      mid_(256, 512, style_of(o)),
      up3_(512 + 256, 256, style_of(o)),
      up31_(256, 256, style_of(o)),
      up2_(256 + 128, 128, style_of(o)),
      up21_(128, 128, style_of(o)),
      up1_(128 + 64, 64, style_of(o)),
      resblock2_(64 + 32, 32, style_of(o)),
      resfinal_(32, 32, style_of(o)),
      head_({.in = 32, .out = 1, .bias = false}),
      head_norm_(norm_of_one(style_of(o))) {
  initialize(*this, InitRule::glorot_uniform, o.seed);
  if (o.faithful) return;
  head_norm_.weight.value.fill(head_gain);
  head_norm_.bias.value.fill(head_offset);
}

Value FundusUnet::run(std::span<const Value> inputs) {
  const Value x = resinit_(front_(inputs[0]));     // [n, 16, h, w]
  const Value s0 = resup_(double_size(x));         // [n, 32, 2h, 2w]
  const Value s1 = down11_(down1_(halve(s0)));     // [n, 64, h, w]
  const Value s2 = down21_(down2_(halve(s1)));     // [n, 128, h/2, w/2]
  const Value s3 = down31_(down3_(halve(s2)));     // [n, 256, h/4, w/4]
  const Value bottom = mid_(halve(s3));            // [n, 512, h/8, w/8]
  const Value y3 = up31_(up3_(join(s3, bottom)));  // [n, 256, h/4, w/4]
  const Value y2 = up21_(up2_(join(s2, y3)));      // [n, 128, h/2, w/2]
  const Value y1 = up1_(join(s1, y2));             // [n, 64, h, w]
  const Value y0 = resblock2_(join(s0, y1));       // [n, 32, 2h, 2w]
  return head_norm_(head_(resfinal_(halve(y0))));  // [n, 1, h, w]
}

std::vector<NamedParameter> FundusUnet::parameters() { return burin::parameters(*this); }

}  // namespace burin::models

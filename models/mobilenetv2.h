// MobileNetV2 at 1.4 times the width, for CIFAR-10 (Sandler, Howard, Zhu, Zhmoginov, Chen, CVPR
// 2018, table 2; the first two strides are 1): 4,333,706 parameters, 47,936 statistics,
// 170,073,344 multiply-accumulates at 32x32.
//
//   stem 48 -> 1 x 24 -> 2 x 32 -> 3 x 48, /2 -> 4 x 88, /2 -> 3 x 136 -> 3 x 224, /2 -> 1 x 448
//     -> 1x1 1792 -> mean -> classes
#pragma once

#include <optional>

#include "models/classifier.h"

namespace burin::models {

struct InvertedResidualOptions {
  std::int64_t in = 0, out = 0;
  int expansion = 6, stride = 1;
};

// 1x1 to expansion * in channels, ReLU6; 3x3 depthwise, ReLU6; 1x1 to out, linear; + x where the
// shape is kept. An expansion of 1 has no first convolution.
struct InvertedResidual {
  std::optional<ConvNorm> expand;
  ConvNorm depthwise, project;
  bool adds;

  explicit InvertedResidual(const InvertedResidualOptions& options);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, h/stride, w/stride]
  template <class V>
  void visit(V&& v) {
    int place = 0;
    if (expand) v("conv." + std::to_string(place++), *expand);
    v("conv." + std::to_string(place), depthwise);
    v("conv." + std::to_string(place + 1), project.conv);
    v("conv." + std::to_string(place + 2), project.norm);
  }
};

class MobilenetV2 final : public Network {
 public:
  explicit MobilenetV2(const ClassifierOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "mobilenetv2-x1-4"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override { return {small_picture()}; }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    std::size_t place = 0;
    v("features.0", stem_);
    for (InvertedResidual& block : blocks_) v("features." + std::to_string(++place), block);
    v("features." + std::to_string(++place), last_);
    v("classifier.1", output_);
  }

 private:
  // image [n, 3, h, w] -> logits [n, classes]
  Value run(std::span<const Value> inputs) override;

  ConvNorm stem_;
  std::vector<InvertedResidual> blocks_;
  ConvNorm last_;
  Linear output_;
};

}  // namespace burin::models

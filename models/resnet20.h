// ResNet-20 for CIFAR-10 (He, Zhang, Ren, Sun, CVPR 2016, section 4.2): 272,474 parameters, 1,568
// statistics, 40,813,184 multiply-accumulates at 32x32.
//
//   conv1 16 -> layer1 3 x 16 -> layer2 3 x 32, /2 -> layer3 3 x 64, /2 -> mean -> fc
#pragma once

#include <optional>

#include "models/classifier.h"

namespace burin::models {

// ReLU(bn2(conv2(ReLU(bn1(conv1(x))))) + shortcut(x)); the shortcut is a 1x1 convolution with norm
// where the size changes.
struct BasicBlock {
  Conv conv1, conv2;
  BatchNorm bn1, bn2;
  std::optional<ConvNorm> downsample;

  BasicBlock(std::int64_t in, std::int64_t out, int stride);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, h/stride, w/stride]
  template <class V>
  void visit(V&& v) {
    v("conv1", conv1);
    v("bn1", bn1);
    v("conv2", conv2);
    v("bn2", bn2);
    if (downsample) v("downsample", *downsample);
  }
};

class Resnet20 final : public Network {
 public:
  explicit Resnet20(const ClassifierOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "resnet20"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override { return {small_picture()}; }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("conv1", conv1_);
    v("bn1", bn1_);
    v("layer1", layer1_);
    v("layer2", layer2_);
    v("layer3", layer3_);
    v("fc", fc_);
  }

 private:
  // image [n, 3, h, w] -> logits [n, classes]
  Value run(std::span<const Value> inputs) override;

  Conv conv1_;
  BatchNorm bn1_;
  std::vector<BasicBlock> layer1_, layer2_, layer3_;
  Linear fc_;
};

}  // namespace burin::models

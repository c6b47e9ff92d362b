// VGG-16 with batch norm for CIFAR-10 (Simonyan, Zisserman, ICLR 2015, configuration D; small
// pictures leave 1x1 pixels to a narrower head): 15,253,578 parameters, 8,448 statistics,
// 313,725,952 multiply-accumulates.
//
//   2 x 64, /2 -> 2 x 128, /2 -> 3 x 256, /2 -> 3 x 512, /2 -> 3 x 512, /2 -> 512 -> 512 -> classes
#pragma once

#include "models/classifier.h"

namespace burin::models {

class Vgg16 final : public Network {
 public:
  explicit Vgg16(const ClassifierOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "vgg16-bn"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override;
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    // Places in the Sequential of the published code: convolution, norm, ReLU; a pool ends a stage.
    int place = 0;
    for (std::vector<ConvNorm>& stage : features_) {
      for (ConvNorm& layer : stage) {
        v("features." + std::to_string(place), layer.conv);
        v("features." + std::to_string(place + 1), layer.norm);
        place += 3;
      }
      place += 1;
    }
    v("classifier.0", hidden1_);
    v("classifier.3", hidden2_);
    v("classifier.6", output_);
  }

 private:
  // image [n, 3, 32, 32] -> logits [n, classes]
  Value run(std::span<const Value> inputs) override;

  std::vector<std::vector<ConvNorm>> features_;
  Linear hidden1_, hidden2_, output_;
};

}  // namespace burin::models

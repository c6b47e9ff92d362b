// ShuffleNetV2 at twice the width, for CIFAR-10 (Ma, Zhang, Zheng, Sun, ECCV 2018, table 5; the
// stem keeps the size): 5,365,486 parameters, 33,716 statistics, 187,811,200 multiply-accumulates
// at 32x32.
//
//   conv1 24 -> stage2 4 x 244, /2 -> stage3 8 x 488, /2 -> stage4 4 x 976, /2 -> conv5 2048
//     -> mean -> fc
#pragma once

#include <optional>

#include "models/classifier.h"

namespace burin::models {

// The first unit of a stage: [branch1(x), branch2(x)], both of stride 2. The others split the
// channels: [x1, branch2(x2)]. Both end in a shuffle of two groups.
struct ShuffleUnit {
  struct Branch1 {
    ConvNorm depthwise, point;
    template <class V>
    void visit(V&& v) {
      v("0", depthwise.conv);
      v("1", depthwise.norm);
      v("2", point.conv);
      v("3", point.norm);
    }
  };
  struct Branch2 {
    ConvNorm first, depthwise, last;
    template <class V>
    void visit(V&& v) {
      v("0", first.conv);
      v("1", first.norm);
      v("3", depthwise.conv);
      v("4", depthwise.norm);
      v("5", last.conv);
      v("6", last.norm);
    }
  };
  std::optional<Branch1> branch1;
  Branch2 branch2;

  ShuffleUnit(std::int64_t in, std::int64_t out, int stride);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, h/stride, w/stride]
  template <class V>
  void visit(V&& v) {
    if (branch1) v("branch1", *branch1);
    v("branch2", branch2);
  }
};

class ShufflenetV2 final : public Network {
 public:
  explicit ShufflenetV2(const ClassifierOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "shufflenetv2-x2-0"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override { return {small_picture()}; }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("conv1", conv1_);
    v("stage2", stage2_);
    v("stage3", stage3_);
    v("stage4", stage4_);
    v("conv5", conv5_);
    v("fc", fc_);
  }

 private:
  // image [n, 3, h, w] -> logits [n, classes]
  Value run(std::span<const Value> inputs) override;

  ConvNorm conv1_;
  std::vector<ShuffleUnit> stage2_, stage3_, stage4_;
  ConvNorm conv5_;
  Linear fc_;
};

}  // namespace burin::models

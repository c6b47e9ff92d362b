// RepVGG-A2 for CIFAR-10 (Ding, Zhang, Ma, Han, Ding, Sun, CVPR 2021; the first two strides are
// 1). A block is trained as three branches and used as the one convolution that they add up to.
//
//   stage0 64 -> stage1 2 x 96 -> stage2 4 x 192, /2 -> stage3 14 x 384, /2 -> stage4 1408, /2
//     -> mean -> linear
//
//   at 32x32       parameters  statistics  multiply-accumulates
//   training form  26,815,690      42,560         1,850,095,360
//   merged         24,105,034           0         1,665,087,232
#pragma once

#include <optional>

#include "models/classifier.h"

namespace burin::models {

struct RepVggOptions {
  std::int64_t classes = 10;
  bool merged = false;
  std::uint64_t seed = 1;
};

struct RepVggBlockOptions {
  std::int64_t in = 0, out = 0;
  int stride = 1;
  bool merged = false;
};

// ReLU(bn(conv3x3(x)) + bn(conv1x1(x)) + bn(x)), the last where the shape is kept; merged:
// ReLU(conv3x3(x)) with bias.
struct RepVggBlock {
  struct Branch {
    Conv conv;
    BatchNorm bn;
    template <class V>
    void visit(V&& v) {
      v("conv", conv);
      v("bn", bn);
    }
  };
  std::optional<BatchNorm> identity;
  std::optional<Branch> dense, point;  // 3x3 and 1x1
  std::optional<Conv> merged;

  explicit RepVggBlock(const RepVggBlockOptions& options);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, h/stride, w/stride]
  // Makes this block, which is merged, the function that `trained` has in inference.
  void merge(const RepVggBlock& trained) const;
  template <class V>
  void visit(V&& v) {
    if (identity) v("rbr_identity", *identity);
    if (dense) v("rbr_dense", *dense);
    if (point) v("rbr_1x1", *point);
    if (merged) v("rbr_reparam", *merged);
  }
};

class RepVgg final : public Network {
 public:
  // Merged: the function of the training form with the same seed.
  explicit RepVgg(const RepVggOptions& options);
  // The merged form of a trained network.
  [[nodiscard]] static RepVgg merged(const RepVgg& trained);

  [[nodiscard]] std::string_view name() const noexcept override { return "repvgg-a2"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override { return {small_picture()}; }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("stage0", stage0_);
    v("stage1", stage1_);
    v("stage2", stage2_);
    v("stage3", stage3_);
    v("stage4", stage4_);
    v("linear", linear_);
  }

 private:
  // image [n, 3, h, w] -> logits [n, classes]
  Value run(std::span<const Value> inputs) override;
  void merge(const RepVgg& trained);

  RepVggOptions options_;
  RepVggBlock stage0_;
  std::vector<RepVggBlock> stage1_, stage2_, stage3_, stage4_;
  Linear linear_;
};

}  // namespace burin::models

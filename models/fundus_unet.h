// The retinal vessel network of Retina-VesselNet: a residual U-Net with one level above the
// resolution of the image, fed by one channel that a small attention front mixes from red, green
// and blue.
//
//   front 1 -> resinit 16 -> (x2) resup 32 S0
//     -> down1, down11 64 S1 -> down2, down21 128 S2 -> down3, down31 256 S3 -> mid 512
//     -> up3, up31 256 [S3] -> up2, up21 128 [S2] -> up1 64 [S1]
//     -> (x2) resblock2 32 [S0] -> (/2) resfinal -> head 1
#pragma once

#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct FundusOptions {
  // The published code: the blue channel goes through the red kernel, and only 48x48 patches are
  // taken.
  bool faithful = false;
  std::uint64_t seed = 1;
};

// s_c = conv3x3(x_c); m = softmax over c of mean(s_c);
// y = norm(sum_c m_c * x_c * (1 + sigmoid(s_c))).
struct LinearTransform {
  Parameter
      weight;  // [3, 1, 3, 3] of red, green, blue; faithful: [2, 1, 3, 3], blue takes the red one
  BatchNorm norm;
  bool faithful;

  LinearTransform(bool faithful, const ResidualStyle& style);
  Value operator()(const Value& image) const;  // [n, 3, h, w] -> [n, 1, h, w]
  void initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const;
  template <class V>
  void visit(V&& v) {
    v("weight", weight);
    v("norm", norm);
  }
};

class FundusUnet final : public Network {
 public:
  explicit FundusUnet(const FundusOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override {
    return options_.faithful ? "fundus-unet-faithful" : "fundus-unet";
  }
  // Multiples of 8; faithful: 48x48 only.
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "image",
             .shape = {1, 3, 48, 48},
             .least = 8,
             .multiple = 8,
             .fixed = options_.faithful}};
  }
  // The second output of the paper's code: what the rest of the network sees, [n, 1, h, w].
  [[nodiscard]] Value linear_transform(const Value& image) const { return front_(image); }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("conv_init", front_);
    v("resinit", resinit_);
    v("resup", resup_);
    v("down1", down1_);
    v("down11", down11_);
    v("down2", down2_);
    v("down21", down21_);
    v("down3", down3_);
    v("down31", down31_);
    v("mid", mid_);
    v("up3", up3_);
    v("up31", up31_);
    v("up2", up2_);
    v("up21", up21_);
    v("up1", up1_);
    v("resblock2", resblock2_);
    v("resfinal", resfinal_);
    v("head.conv", head_);
    v("head.norm", head_norm_);
  }

 private:
  // image [n, 3, h, w] in [0, 1] -> logits [n, 1, h, w]; the probability is their sigmoid.
  Value run(std::span<const Value> inputs) override;

  FundusOptions options_;
  LinearTransform front_;
  ResidualBlock resinit_, resup_, down1_, down11_, down2_, down21_, down3_, down31_, mid_, up3_,
      up31_, up2_, up21_, up1_, resblock2_, resfinal_;
  Conv head_;
  BatchNorm head_norm_;
};

}  // namespace burin::models

// Network A for brain tumours: a 3-D U-Net in the manner of Çiçek et al. (MICCAI 2016) without
// normalization, four modalities in, one map for each of three labels out. 19,071,715 parameters,
// 244,930,576,384 multiply-accumulates for a patch of 64^3.
//
//   down0 32, 64 S0 ------------------------------------- [up, S0] up0 64, 64 -> out
//     down1 64, 128 S1 ----------------------- [up, S1] up1 128, 128
//       down2 128, 256 S2 -------- [up, S2] up2 256, 256
//         down3 256, 512
#pragma once

#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct Unet3dAOptions {
  std::int64_t in_channels = 4, classes = 3;
  std::int64_t width = 32;  // channels of the first convolution
  std::uint64_t seed = 1;
};

// [conv 3x3x3 with bias, ReLU] twice.
struct VolumeConvs {
  Conv conv1, conv2;

  VolumeConvs(std::int64_t in, std::int64_t middle, std::int64_t out);
  Value operator()(const Value& x) const;  // [n, in, d, h, w] -> [n, out, d, h, w]
  template <class V>
  void visit(V&& v) {
    v("conv1", conv1);
    v("conv2", conv2);
  }
};

// Transposed convolution 2x2x2 that keeps the channels, then [upsampled, skip] -> VolumeConvs.
struct VolumeUp {
  ConvTranspose up;
  VolumeConvs convs;

  VolumeUp(std::int64_t in, std::int64_t skip, std::int64_t out);
  // x [n, in, d, h, w], skip [n, skip, 2d, 2h, 2w] -> [n, out, 2d, 2h, 2w]
  Value operator()(const Value& x, const Value& skip) const;
  template <class V>
  void visit(V&& v) {
    v("up", up);
    convs.visit(v);
  }
};

class Unet3dA final : public Network {
 public:
  explicit Unet3dA(const Unet3dAOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "unet3d-a"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "volume",
             .shape = {1, options_.in_channels, 64, 64, 64},
             .least = 8,
             .multiple = 8}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("down0", down0_);
    v("down1", down1_);
    v("down2", down2_);
    v("down3", down3_);
    v("up2", up2_);
    v("up1", up1_);
    v("up0", up0_);
    v("out", out_);
  }

 private:
  // volume [n, in_channels, d, h, w] (T1, T1Gd, FLAIR, T2) -> logits [n, classes, d, h, w] of labels
  // 1, 2, 4; the probabilities are their sigmoids.
  Value run(std::span<const Value> inputs) override;

  Unet3dAOptions options_;
  VolumeConvs down0_, down1_, down2_, down3_;
  VolumeUp up2_, up1_, up0_;
  Conv out_;
};

}  // namespace burin::models

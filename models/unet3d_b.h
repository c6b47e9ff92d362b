// Network B for brain tumours: the full-resolution nnU-Net (Isensee, Jaeger, Kohl, Petersen,
// Maier-Hein, Nature Methods 2021) as MLPerf used it, with the tensor names of nnU-Net 1.
// 31,195,904 parameters, 1,848,224,931,840 multiply-accumulates at 224x224x160.
//
//   enc0 32 ------------------------------------------------------------- [up, skip] dec4 32 -> head
//     enc1 64, /2 ------------------------------------------- [up, skip] dec3 64
//       enc2 128, /2 ----------------------------- [up, skip] dec2 128
//         enc3 256, /2 --------------- [up, skip] dec1 256
//           enc4 320, /2 -- [up, skip] dec0 320
//             bottleneck 320, /2
#pragma once

#include "engine/nn/network.h"
#include "engine/nn/norm.h"
#include "models/blocks.h"

namespace burin::models {

struct Unet3dBOptions {
  std::int64_t in_channels = 4, classes = 4;
  std::int64_t width = 32;  // channels of the first level, doubled at each of the next, 10x at most
  std::uint64_t seed = 1;
};

// LReLU 0.01 (instance norm (conv 3x3x3 with bias (x))).
struct VolumeConvNorm {
  Conv conv;
  InstanceNorm instnorm;

  VolumeConvNorm(std::int64_t in, std::int64_t out, int stride);
  Value operator()(const Value& x) const { return instnorm(conv(x)); }
  template <class V>
  void visit(V&& v) {
    v("conv", conv);
    v("instnorm", instnorm);
  }
};

// Two of them; the first may halve the size.
struct VolumeStage {
  VolumeConvNorm first, second;

  VolumeStage(std::int64_t in, std::int64_t out, int stride);
  Value operator()(const Value& x) const { return second(first(x)); }
};

class Unet3dB final : public Network {
 public:
  explicit Unet3dB(const Unet3dBOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "unet3d-b"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "volume",
             .shape = {1, options_.in_channels, 224, 224, 160},
             .least = 64,  // two voxels a side are left to the norms of the bottleneck
             .multiple = 32}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    for (std::size_t i = 0; i < encoder_.size(); ++i) {
      const std::string path = "conv_blocks_context." + std::to_string(i);
      v(path + ".blocks.0", encoder_[i].first);
      v(path + ".blocks.1", encoder_[i].second);
    }
    v("conv_blocks_context.5.0.blocks.0", bottleneck_.first);
    v("conv_blocks_context.5.1.blocks.0", bottleneck_.second);
    for (std::size_t i = 0; i < decoder_.size(); ++i) {
      const std::string path = "conv_blocks_localization." + std::to_string(i);
      v(path + ".0.blocks.0", decoder_[i].first);
      v(path + ".1.blocks.0", decoder_[i].second);
    }
    v("tu", up_);
    v("seg_outputs.4", head_);
  }

 private:
  // volume [n, in_channels, d, h, w] (T1, T1ce, T2, FLAIR) -> logits [n, classes, d, h, w]
  // (background, oedema, non-enhancing, enhancing)
  Value run(std::span<const Value> inputs) override;

  Unet3dBOptions options_;
  std::vector<VolumeStage> encoder_;  // 0 to 4
  VolumeStage bottleneck_;
  std::vector<VolumeStage> decoder_;  // 0 (coarse) to 4 (fine)
  std::vector<ConvTranspose> up_;     // before each of them
  Conv head_;
};

}  // namespace burin::models

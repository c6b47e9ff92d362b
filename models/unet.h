// The U-Net of Ronneberger, Fischer, Brox (MICCAI 2015) with padding and batch norm, as used for
// building damage; tensor names and shapes are those of the usual PyTorch code
// (inc.double_conv.0.weight, up1.up.weight, outc.conv.weight).
//
//   inc 64 ------------------------------------ concat -> up4 64 -> outc
//     down1 128 ----------------------- concat -> up3 128
//       down2 256 -------------- concat -> up2 256
//         down3 512 ----- concat -> up1 512
//           down4 1024
#pragma once

#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct UnetOptions {
  std::int64_t in_channels = 3, classes = 5;
  std::int64_t width = 64;  // channels of the first level, doubled at each of the next four
  std::uint64_t seed = 1;
};

// Numbers in the parameters and statistics of such a network, without building it.
[[nodiscard]] std::int64_t elements(const UnetOptions& options) noexcept;

// Transposed convolution 2x2 that halves the channels, then [skip, upsampled] -> DoubleConv.
struct UpBlock {
  ConvTranspose up;
  DoubleConv conv;

  UpBlock(std::int64_t in, std::int64_t out);
  // x [n, in, h, w], skip [n, in/2, H, W], H >= 2h and W >= 2w -> [n, out, H, W]
  Value operator()(const Value& x, const Value& skip) const;
  template <class V>
  void visit(V&& v) {
    v("up", up);
    v("conv", conv);
  }
};

class Unet final : public Network {
 public:
  explicit Unet(const UnetOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "damage-unet"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "image", .shape = {1, options_.in_channels, 512, 512}, .least = 16}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("inc", inc_);
    v("down1.maxpool_conv.1", down1_);
    v("down2.maxpool_conv.1", down2_);
    v("down3.maxpool_conv.1", down3_);
    v("down4.maxpool_conv.1", down4_);
    v("up1", up1_);
    v("up2", up2_);
    v("up3", up3_);
    v("up4", up4_);
    v("outc.conv", outc_);
  }

 private:
  // image [n, in_channels, h, w] -> logits [n, classes, h, w]
  Value run(std::span<const Value> inputs) override;

  UnetOptions options_;
  DoubleConv inc_, down1_, down2_, down3_, down4_;
  UpBlock up1_, up2_, up3_, up4_;
  Conv outc_;
};

}  // namespace burin::models

// The generator of pix2pix (Isola, Zhu, Zhou, Efros, CVPR 2017) that colours a vessel mask as a
// photograph of the retina: 4x4 kernels of stride 2 all the way down to 1/256 of the size and back.
// 54,420,617 parameters, 11,014 statistics, 24,192,745,472 multiply-accumulates at 512x512.
//
//   mask -> conv_1 64 --------------------------------------- [., E1] deconv_0 -> image
//     conv_2 128 ------------------------------------ [., E2] deconv_1 64
//       conv_3 256 ------------------------------ [., E3] deconv_2 128
//         conv_4 512 ------------------------ [., E4] deconv_3 256
//           conv_5 512 ------------------ [., E5] deconv_4 512
//             conv_6 512 ------------ [., E6] deconv_5 512
//               conv_7 512 ------ [., E7] deconv_6 512
//                 conv_8 512 -> deconv_7 512
#pragma once

#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct Pix2PixGeneratorOptions {
  std::int64_t width = 64;  // channels of conv_1
  std::uint64_t seed = 1;
};

// LReLU 0.2 (norm (conv 4x4, stride 2 (x))).
struct Encode {
  Conv conv;
  BatchNorm norm;

  Encode(std::int64_t in, std::int64_t out);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, h/2, w/2]
  template <class V>
  void visit(V&& v) {
    v("conv", conv);
    v("norm", norm);
  }
};

// act(norm(transposed conv 4x4, stride 2 (x))).
struct Decode {
  ConvTranspose conv;
  BatchNorm norm;

  Decode(std::int64_t in, std::int64_t out, Activation activation);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, 2h, 2w]
  template <class V>
  void visit(V&& v) {
    v("conv", conv);
    v("norm", norm);
  }
};

class Pix2PixGenerator final : public Network {
 public:
  explicit Pix2PixGenerator(const Pix2PixGeneratorOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "pix2pix-generator"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "mask", .shape = {1, 3, 512, 512}, .least = 256, .multiple = 256}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    for (std::size_t i = 0; i < encoder_.size(); ++i)
      v("conv_" + std::to_string(i + 1), encoder_[i]);
    for (std::size_t i = 0; i < decoder_.size(); ++i)
      v("deconv_" + std::to_string(decoder_.size() - 1 - i), decoder_[i]);
  }

 private:
  // mask [n, 3, h, w], three equal channels in [-1, 1] -> image [n, 3, h, w] in (-1, 1), BGR
  Value run(std::span<const Value> inputs) override;

  std::vector<Encode> encoder_;  // conv_1 to conv_8
  std::vector<Decode> decoder_;  // deconv_7 to deconv_0
};

}  // namespace burin::models

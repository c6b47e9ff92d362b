// The patch discriminator of pix2pix (Isola, Zhu, Zhou, Efros, CVPR 2017) with one more layer: each
// pixel of the map judges 118 x 118 pixels of the pair. 6,962,625 parameters, 17,059,315,712
// multiply-accumulates at 512x512.
//
//   [mask, image] -> d1 64, /2 -> d2 128, /2 -> d3 256, /2 -> d4 512 -> d5 512, /2 -> d6 1
#pragma once

#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct Pix2PixDiscriminatorOptions {
  std::int64_t width = 64;  // channels of d1
  std::uint64_t seed = 1;
};

class Pix2PixDiscriminator final : public Network {
 public:
  explicit Pix2PixDiscriminator(const Pix2PixDiscriminatorOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "pix2pix-discriminator"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "mask", .shape = {1, 3, 512, 512}, .least = 64},
            {.name = "image", .shape = {1, 3, 512, 512}, .least = 64}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("d1", d1_);
    v("d2", d2_);
    v("d3", d3_);
    v("d4", d4_);
    v("d5", d5_);
    v("d6", d6_);
  }

 private:
  // mask and image [n, 3, h, w] in [-1, 1] -> logits [n, 1, 30, 30] at 512x512: real where above 0.
  Value run(std::span<const Value> inputs) override;

  Conv d1_, d2_, d3_, d4_, d5_, d6_;
};

}  // namespace burin::models

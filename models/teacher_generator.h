// The generator of StyleGAN2-ADA, its configuration for CIFAR-10 with classes (Karras, Aittala,
// Hellsten, Laine, Lehtinen, Aila, NeurIPS 2020; StyleGAN2: Karras et al., CVPR 2020), with the
// tensor names of NVlabs/stylegan2-ada-pytorch. 20,215,315 parameters, 4,007,130,112
// multiply-accumulates.
//
//   noise -> norm ---------\                                      const 512x4x4
//                           [.,.] -> fc0 -> fc1 -> w --> b4   conv1 ----------- torgb ------ image 4
//   class -> embed -> norm /                             b8   conv0 x2, conv1 - torgb + x2 - image 8
//                                                        b16  conv0 x2, conv1 - torgb + x2 - image 16
//                                                        b32  conv0 x2, conv1 - torgb + x2 - image 32
//
// One w serves all layers: the eight copies of the published code differ only when styles are mixed.
#pragma once

#include <optional>

#include "engine/nn/network.h"
#include "models/modulated_conv.h"

namespace burin::models {

struct TeacherGeneratorOptions {
  std::int64_t classes = 10;
  std::int64_t width = 512;  // channels, numbers of noise and of w
  float truncation = 1.0f;   // w moves towards the mean w by 1 - truncation
  std::uint64_t seed = 1;
};

// w = fc1(fc0([norm(noise), norm(embed(class))])), norm(x) = x / sqrt(mean(x^2) + 1e-8).
struct Mapping {
  EqualDense embed, fc0, fc1;
  Parameter mean_w;  // [width]
  float truncation;

  explicit Mapping(const TeacherGeneratorOptions& options);
  Value operator()(const Value& noise, const Value& kind) const;  // -> [n, width]
  template <class V>
  void visit(V&& v) {
    v("embed", embed);
    v("fc0", fc0);
    v("fc1", fc1);
    v("w_avg", mean_w);
  }
};

// The block at one size: conv0 doubles the size (none in the first), conv1 keeps it, torgb makes
// what is added to the picture.
struct SynthesisBlock {
  Parameter constant;  // [width, 4, 4] of the first block
  std::optional<StyledConv> conv0;
  StyledConv conv1;
  ToRgb torgb;

  SynthesisBlock(std::int64_t width, std::int64_t side, bool first);
  struct Output {
    Value x, image;  // [n, width, side, side], [n, 3, side, side]
  };
  // From the block before; empty values in the first.
  Output operator()(const Output& before, const Value& w) const;
  template <class V>
  void visit(V&& v) {
    v("const", constant);
    if (conv0) v("conv0", *conv0);
    v("conv1", conv1);
    v("torgb", torgb);
  }
};

class TeacherGenerator final : public Network {
 public:
  explicit TeacherGenerator(const TeacherGeneratorOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "teacher-generator"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "noise", .shape = {1, options_.width}},
            {.name = "class", .shape = {1, options_.classes}}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("synthesis.b4", b4_);
    v("synthesis.b8", b8_);
    v("synthesis.b16", b16_);
    v("synthesis.b32", b32_);
    v("mapping", mapping_);
  }

 private:
  // noise [n, 512] from N(0, 1), class [n, 10] one-hot -> image [n, 3, 32, 32], about -1 to 1;
  // a picture is clip(127.5 * image + 128)
  Value run(std::span<const Value> inputs) override;

  TeacherGeneratorOptions options_;
  Mapping mapping_;
  SynthesisBlock b4_, b8_, b16_, b32_;
};

}  // namespace burin::models

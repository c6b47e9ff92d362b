// The discriminator of DiStyleGAN (arXiv 2305.06052): 3,415,178 parameters, 35,651,722
// multiply-accumulates. Every layer but the last is divided by its spectral norm.
//
//   image 3x32x32 -> 128x16x16 f1 -> 128x8x8 f2 -> 256x4x4 f3 -> 512x2x2 f4 -> project 128
//     -> [., class] 138 -> output 1
#pragma once

#include "engine/nn/network.h"
#include "engine/nn/spectral_norm.h"

namespace burin::models {

struct StudentDiscriminatorOptions {
  std::int64_t classes = 10;
  std::int64_t width = 128;  // channels of the first layer
  std::uint64_t seed = 1;
};

class StudentDiscriminator final : public Network {
 public:
  explicit StudentDiscriminator(const StudentDiscriminatorOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "student-discriminator"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "image", .shape = {1, 3, 32, 32}, .fixed = true},
            {.name = "class", .shape = {1, options_.classes}}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;
  // f1 to f4: [n, 128, 16, 16], [n, 128, 8, 8], [n, 256, 4, 4], [n, 512, 2, 2]. In training each
  // call moves the estimates of the spectral norms.
  [[nodiscard]] std::vector<Value> features(const Value& image) const;
  // f4 [n, 512, 2, 2] and class [n, 10] -> verdict [n, 1]
  [[nodiscard]] Value judge(const Value& f4, const Value& kind) const;

  template <class V>
  void visit(V&& v) {
    for (std::size_t i = 0; i < layers_.size(); ++i)
      v("netD." + std::to_string(i) + ".0", layers_[i]);
    v("project.0", project_);
    v("output", output_);
  }

 private:
  // image [n, 3, 32, 32] in [-1, 1], class [n, 10] one-hot -> verdict [n, 1]: real where above 0
  Value run(std::span<const Value> inputs) override;

  StudentDiscriminatorOptions options_;
  std::vector<Spectral<Conv>> layers_;
  Spectral<Linear> project_;
  Linear output_;
};

}  // namespace burin::models

// The classifier of chest X-rays into pneumonia and normal: twelve convolutions and six dense layers,
// no bias and no norm anywhere. 48,019,248 parameters (90 % of them dense), 1,787,732,352
// multiply-accumulates.
//
//   2 x 16, /2 -> 2 x 32, /2 -> 2 x 64, /2 -> 2 x 128, /2 -> 2 x 256, /2 -> 2 x 512, /2
//     -> 8192 -> 3600 -> 2400 -> 1600 -> 800 -> 64 -> 2
#pragma once

#include <array>

#include "engine/nn/linear.h"
#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct XrayCnnOptions {
  std::int64_t width = 16;  // channels of the first stage, doubled at each of the next five
  std::array<std::int64_t, 5> dense{3600, 2400, 1600, 800, 64};
  std::uint64_t seed = 1;
};

class XrayCnn final : public Network {
 public:
  explicit XrayCnn(const XrayCnnOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "xray-cnn"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "image", .shape = {1, 3, 300, 300}, .fixed = true}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("conv", conv_);
    v("dense", dense_);
  }

 private:
  // image [n, 3, 300, 300], BGR in [0, 1] -> logits [n, 2] of pneumonia and normal
  Value run(std::span<const Value> inputs) override;

  std::vector<Conv> conv_;     // 0 to 11
  std::vector<Linear> dense_;  // 0 to 5
};

}  // namespace burin::models

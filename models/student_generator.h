// The generator of DiStyleGAN (arXiv 2305.06052), a tenth of its teacher: 2,054,368 parameters,
// 17,792 statistics, 115,392,512 multiply-accumulates.
//
//   noise -> project 128 -> [., class] 138 -> fc 256x4x4 -> upsample1 128x8x8
//     -> upsample2 64x16x16 -> upsample3 32x32x32 -> img 3x32x32
#pragma once

#include "engine/nn/linear.h"
#include "engine/nn/network.h"
#include "models/blocks.h"

namespace burin::models {

struct StudentGeneratorOptions {
  std::int64_t classes = 10;
  std::int64_t noise = 512;
  std::uint64_t seed = 1;
};

// GLU(norm(dense without bias(x))).
struct GatedDense {
  Linear dense;
  BatchNorm norm;

  GatedDense(std::int64_t in, std::int64_t out);
  Value operator()(const Value& x) const;  // [n, in] -> [n, out]
  template <class V>
  void visit(V&& v) {
    v("0", dense);
    v("1", norm);
  }
};

// GLU(norm(conv 3x3(x at twice its size))).
struct GatedUp {
  Conv conv;
  BatchNorm norm;

  GatedUp(std::int64_t in, std::int64_t out);
  Value operator()(const Value& x) const;  // [n, in, h, w] -> [n, out, 2h, 2w]
  template <class V>
  void visit(V&& v) {
    v("1", conv);
    v("2", norm);
  }
};

class StudentGenerator final : public Network {
 public:
  explicit StudentGenerator(const StudentGeneratorOptions& options);

  [[nodiscard]] std::string_view name() const noexcept override { return "student-generator"; }
  [[nodiscard]] std::vector<NetworkInput> inputs() const override {
    return {{.name = "noise", .shape = {1, options_.noise}},
            {.name = "class", .shape = {1, options_.classes}}};
  }
  [[nodiscard]] std::vector<NamedParameter> parameters() override;

  template <class V>
  void visit(V&& v) {
    v("project", project_);
    v("fc", fc_);
    v("upsample1", upsample1_);
    v("upsample2", upsample2_);
    v("upsample3", upsample3_);
    v("img.0", img_);
  }

 private:
  // noise [n, 512] from N(0, 1), class [n, 10] one-hot -> image [n, 3, 32, 32] in (-1, 1)
  Value run(std::span<const Value> inputs) override;

  StudentGeneratorOptions options_;
  GatedDense project_, fc_;
  GatedUp upsample1_, upsample2_, upsample3_;
  Conv img_;
};

}  // namespace burin::models

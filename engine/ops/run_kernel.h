// From tensors to kernel calls: what the ops that multiply share.
#pragma once

#include <string_view>

#include "engine/ops/plan_cache.h"
#include "engine/ops/step.h"
#include "engine/tensor/tensor.h"

namespace burin {

// The tensors of one call. source and target are channels last; bias may be undefined.
struct ConvCall {
  std::string_view op;
  ConvPass pass;
  kernels::ConvShape shape;
  // In training weights change from step to step: they are packed for this call alone.
  bool training;
  kernels::Epilogue epilogue{};
  Precision precision = Precision::f32;
};
struct ConvOperands {
  Tensor source, weight, bias, residual;  // bias and residual may be undefined
};
void run_conv(const ConvCall& call, const ConvOperands& operands, const Tensor& target);
// The same as a step; source, residual and target stay where they are. Throws Error unless they are
// channels last.
[[nodiscard]] Step plan_conv(const ConvCall& call, const ConvOperands& operands,
                             const StepRequest& request);
// dw [oc, c/groups, (kd), kh, kw], row major.
struct ConvWeightCall {
  std::string_view op;
  kernels::ConvShape shape;
  Precision precision = Precision::f32;
};
void run_conv_weight(const ConvWeightCall& call, const Tensor& x, const Tensor& dy,
                     const Tensor& dw);

struct MatmulCall {
  std::string_view op, pass;
  kernels::MatmulShape shape;
  // The storage of b when its packed form may be kept with it, else null.
  Storage* keep = nullptr;
  kernels::Epilogue epilogue{};
  Precision precision = Precision::f32;
};
void run_matmul(const MatmulCall& call, const float* a, const float* b, const float* bias, float* c,
                std::int64_t c_row);
// a and c are f32 or bf16; bias may be undefined.
void run_matmul(const MatmulCall& call, const Tensor& a, const Tensor& b, const Tensor& bias,
                const Tensor& c);
// The same as a step, c = request.target; a and c stay where they are.
[[nodiscard]] Step plan_matmul(const MatmulCall& call, const Tensor& a, const Tensor& b,
                               const Tensor& bias, const StepRequest& request);

// [channels]: the sum of dy (channels last) over images and pixels; blocks of 1,024 pixels are
// summed one by one and then added in their order.
[[nodiscard]] Tensor bias_gradient(const Tensor& dy);

}  // namespace burin

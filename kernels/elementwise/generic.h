// The whole element-wise family over xsimd: one table per level.
#pragma once

#include "kernels/elementwise/cross_entropy_generic.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/loss_generic.h"
#include "kernels/elementwise/pointwise_generic.h"
#include "kernels/elementwise/softmax_generic.h"
#include "kernels/elementwise/unary_generic.h"
#include "kernels/elementwise/update_generic.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
constexpr ElementwiseKernels elementwise_table(const char* name, Isa isa) {
  using Loss = LossLoops<Arch, Words>;
  using CrossEntropy = CrossEntropyLoops<Arch, Words>;
  return {name,
          isa,
          PointwiseLoops<Arch, Words>::functions,
          SoftmaxLoops<Arch, Words>::functions,
          {Loss::dice, Loss::dice_backward, Loss::bce, Loss::bce_backward, Loss::l1, Loss::l2,
           Loss::l1_backward, Loss::l2_backward, CrossEntropy::forward, CrossEntropy::backward},
          UpdateLoops<Arch, Words>::functions,
          UnaryLoops<Arch, Words>::functions};
}

}  // namespace
}  // namespace burin::kernels

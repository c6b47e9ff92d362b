// The table of element-wise kernels: one entry per instruction-set level, best first.
#pragma once

#include <span>

#include "kernels/cpu.h"
#include "kernels/elementwise/loss.h"
#include "kernels/elementwise/pointwise.h"
#include "kernels/elementwise/softmax.h"
#include "kernels/elementwise/unary.h"
#include "kernels/elementwise/update.h"

namespace burin::kernels {

struct ElementwiseKernels {
  const char* name;
  Isa isa;
  PointwiseFunctions pointwise;
  SoftmaxFunctions softmax;
  LossFunctions loss;
  UpdateFunctions update;
  UnaryFunctions unary;
};

// Every entry of this build, usable here or not.
[[nodiscard]] std::span<const ElementwiseKernels* const> elementwise_kernels() noexcept;

// The best entry that this CPU and BURIN_MAX_ISA allow.
[[nodiscard]] const ElementwiseKernels& elementwise() noexcept;

}  // namespace burin::kernels

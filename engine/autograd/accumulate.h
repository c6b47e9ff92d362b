// Adding up gradients that reach a tensor on several ways. Defined in engine/ops, the one place
// where tensors meet kernels.
#pragma once

#include "engine/tensor/tensor.h"

namespace burin {

// into = into + gradient; same shape, f32. A gradient given by an op may be dy itself or a view, so
// numbers that others can see are never written: unless `into` alone holds its storage, and lies
// channels last or as densely as the gradient, the sum goes to a fresh tensor.
void accumulate(Tensor& into, const Tensor& gradient);

}  // namespace burin

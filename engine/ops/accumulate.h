// Adding up gradients that reach a tensor on several ways.
#pragma once

#include "engine/tensor/tensor.h"

namespace burin {

// into = into + gradient; same shape, f32. A gradient given by an op may be dy itself or a view, so
// numbers that others can see are never written: unless `into` alone holds its storage and has no
// gaps, the sum goes to a fresh tensor.
void accumulate(Tensor& into, const Tensor& gradient);

}  // namespace burin

// Copies between tensors whose axes lie in any order, with any gaps.
#pragma once

#include "engine/tensor/tensor.h"

namespace burin {

// Same shape and type (assert), one element or more; must not overlap. Where one operand is dense
// along an axis and the other along a second one, blocks are transposed by a kernel.
void copy_strided(const Tensor& from, const Tensor& to);

}  // namespace burin

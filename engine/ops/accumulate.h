// How the tape adds up gradients of a value that several nodes read.
#pragma once

#include "engine/tensor/tensor.h"

namespace burin {

// into += gradient. An undefined `into` becomes a handle of `gradient` (which may be a channel
// slice or dy itself); where the numbers of `into` are seen by another handle too, the sum goes to
// a fresh tensor, so no alias is ever written to. Same shape, f32, any layouts. Throws Error.
void accumulate(Tensor& into, const Tensor& gradient);

}  // namespace burin

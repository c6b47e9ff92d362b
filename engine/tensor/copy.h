// Copies between layouts.
#pragma once

#include "engine/tensor/tensor.h"

namespace burin {

// Same shape and type (assert), any layouts; must not overlap unless they are the same numbers.
void copy_numbers(const Tensor& from, const Tensor& to);

}  // namespace burin

// Entries [first, first + count) along an axis.
#pragma once

#include "engine/tensor/tensor.h"

namespace burin {

// A view for axes 0 and 1 of channels-last tensors, else a copy.
[[nodiscard]] Tensor sliced(const Tensor& x, int axis, std::int64_t first, std::int64_t count);

}  // namespace burin

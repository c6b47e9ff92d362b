// What a kernel is asked for, in words: for records, and as a key.
#pragma once

#include <string>

#include "kernels/conv/conv.h"
#include "kernels/matmul/matmul.h"

namespace burin {

// "1x64x48x48 -> 1x128x48x48, kernel 3x3, pad 1x1"; in f32 without a residual no more is said. Two
// shapes of one text are equal.
[[nodiscard]] std::string shape_text(const kernels::ConvShape& shape);
// "128x64 * 64x32"; of operands that lie row by row no more is said.
[[nodiscard]] std::string shape_text(const kernels::MatmulShape& shape);

}  // namespace burin

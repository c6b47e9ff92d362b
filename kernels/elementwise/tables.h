// The entries, for elementwise.cpp and the files that define them.
#pragma once

#include "kernels/elementwise/elementwise.h"

namespace burin::kernels {

extern const ElementwiseKernels elementwise_reference, elementwise_avx2, elementwise_avx512;

}  // namespace burin::kernels

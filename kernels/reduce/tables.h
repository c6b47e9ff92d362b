// The entries, for reduce.cpp and the files that define them.
#pragma once

#include "kernels/reduce/reduce.h"

namespace burin::kernels {

extern const ReduceKernels reduce_reference, reduce_avx2, reduce_avx512;

}  // namespace burin::kernels

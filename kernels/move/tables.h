// The entries, for move.cpp and the files that define them.
#pragma once

#include "kernels/move/move.h"

namespace burin::kernels {

extern const MoveKernels move_reference, move_avx2, move_avx512;

}  // namespace burin::kernels

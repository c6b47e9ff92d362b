#include "kernels/simd/avx512.h"

#include "kernels/move/generic.h"
#include "kernels/move/tables.h"

namespace burin::kernels {

constinit const MoveKernels move_avx512 = MoveLoops<Avx512>::table("move_avx512", Isa::avx512);

}  // namespace burin::kernels

#include "kernels/simd/avx2.h"

#include "kernels/move/generic.h"
#include "kernels/move/tables.h"

namespace burin::kernels {

constinit const MoveKernels move_avx2 = MoveLoops<Avx2>::table("move_avx2", Isa::avx2);

}  // namespace burin::kernels

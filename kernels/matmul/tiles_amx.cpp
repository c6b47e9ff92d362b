#include "kernels/simd/amx.h"

#include "kernels/matmul/tables.h"
#include "kernels/matmul/tiles.h"

namespace burin::kernels {
namespace {

constexpr MatmulKernel table[] = {
    MatmulTiles<Amx, true>::entry("tiles_split_amx", Isa::amx),
    MatmulTiles<Amx, false>::entry("tiles_bf16_amx", Isa::amx),
};

}  // namespace

constinit const std::span<const MatmulKernel> matmul_tiles_amx = table;

}  // namespace burin::kernels

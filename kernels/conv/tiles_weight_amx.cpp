#include "kernels/simd/amx.h"

#include "kernels/conv/tables.h"
#include "kernels/conv/tiles_weight_entry.h"

namespace burin::kernels {
namespace {

constexpr ConvWeightKernel weight[] = {
    TilesWeightEntry<Amx, true>::entry("tiles_split_amx", Isa::amx),
    TilesWeightEntry<Amx, false>::entry("tiles_bf16_amx", Isa::amx),
};

}  // namespace

constinit const ConvTables conv_tiles_weight_amx{{}, {}, weight};

}  // namespace burin::kernels

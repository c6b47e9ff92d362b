#include "kernels/simd/amx.h"

#include "kernels/conv/tables.h"
#include "kernels/conv/tiles_entry.h"

namespace burin::kernels {
namespace {

constexpr ConvKernel forward[] = {
    TilesEntry<Amx, true, true>::entry("tiles_split_amx", Isa::amx),
    TilesEntry<Amx, true, false>::entry("tiles_bf16_amx", Isa::amx),
};
constexpr ConvKernel data[] = {
    TilesEntry<Amx, false, true>::entry("tiles_split_amx", Isa::amx),
    TilesEntry<Amx, false, false>::entry("tiles_bf16_amx", Isa::amx),
};

}  // namespace

constinit const ConvTables conv_tiles_amx{forward, data, {}};

}  // namespace burin::kernels

// The tables of convolution entries: one constant per file that has entries; conv.cpp joins them.
//
// To add a file with entries: declare its constant here, name it in the list of conv.cpp, done.
#pragma once

#include <span>

#include "kernels/conv/conv.h"

namespace burin::kernels {

struct ConvTables {
  std::span<const ConvKernel> forward, data;
  std::span<const ConvWeightKernel> weight;
};

extern const ConvTables conv_reference;              // reference.cpp
extern const ConvTables conv_direct_avx2;            // avx2.cpp
extern const ConvTables conv_direct_avx512;          // avx512.cpp
extern const ConvTables conv_weight_direct_avx2;     // weight_avx2.cpp
extern const ConvTables conv_weight_direct_avx512;   // weight_avx512.cpp
extern const ConvTables conv_winograd_avx2;          // winograd_avx2.cpp
extern const ConvTables conv_direct_bf16;            // bf16.cpp
extern const ConvTables conv_winograd_bf16;          // winograd_bf16.cpp
extern const ConvTables conv_winograd_3d_bf16;       // winograd_3d_bf16.cpp
extern const ConvTables conv_winograd_s2_bf16;       // winograd_s2_bf16.cpp
extern const ConvTables conv_tiles_amx;              // tiles_amx.cpp
extern const ConvTables conv_tiles_weight_amx;       // tiles_weight_amx.cpp
extern const ConvTables conv_winograd_avx512;        // winograd_avx512.cpp
extern const ConvTables conv_winograd_3d_avx2;       // winograd_3d_avx2.cpp
extern const ConvTables conv_winograd_3d_avx512;     // winograd_3d_avx512.cpp
extern const ConvTables conv_winograd_s2_avx2;       // winograd_s2_avx2.cpp
extern const ConvTables conv_winograd_s2_avx512;     // winograd_s2_avx512.cpp
extern const ConvTables conv_winograd_3d_s2_avx2;    // winograd_3d_s2_avx2.cpp
extern const ConvTables conv_winograd_3d_s2_avx512;  // winograd_3d_s2_avx512.cpp
extern const ConvTables conv_winograd_3d_s2_bf16;    // winograd_3d_s2_bf16.cpp

}  // namespace burin::kernels

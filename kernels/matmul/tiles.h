// Matrix product on tiles: a convolution with a 1x1 kernel, whose pixels are the rows of a and whose
// source channels are its depth (conv/tiles.h).
#pragma once

#include "kernels/conv/tiles_entry.h"
#include "kernels/matmul/matmul.h"

namespace burin::kernels {
namespace {

template <class E, bool split>
struct MatmulTiles {
  using Conv = TilesEntry<E, true, split>;

  static ConvShape conv(const MatmulShape& s) noexcept {
    return {.in_channels = static_cast<int>(s.k),
            .out_channels = static_cast<int>(s.n),
            .in = {1, static_cast<int>(s.m), 1},
            .source_type = s.source_type,
            .target_type = s.target_type,
            .residual = s.residual};
  }
  static const char* refuse(const MatmulShape& s) noexcept {
    constexpr std::int64_t most = 1 << 30;
    if (s.m >= most || s.n >= most || s.k >= most) return "a side of 2^30 or more";
    return s.a_depth == 1 ? Conv::refuse(conv(s)) : "rows of a are not dense";
  }
  // As in direct.h, with what a number costs that is staged or finished. Tiles do 15 times as many
  // multiply-adds; products of few rows are bound by the bytes of the weights.
  static double cost(const MatmulShape& s) noexcept {
    const TilesPlan p = Conv::plan(conv(s));
    const double rows = static_cast<double>(ceil_div(s.m, tile_pixels)) * tile_pixels;
    const double weights = static_cast<double>(p.c_blocks) * tile_depth *
                           static_cast<double>(p.column_tiles()) * tile_channels;
    const double numbers = static_cast<double>(s.m) * static_cast<double>(s.k + s.n);
    return weights * (rows * (p.a_planes + p.w_planes - 1) / 15 + 0.5 * p.w_planes) +
           numbers * (split ? 30 : 15);
  }
  static std::size_t packed_bytes(const MatmulShape& s) noexcept {
    return Conv::packed_bytes(conv(s));
  }
  static std::int64_t pack_tasks(const MatmulShape& s) noexcept {
    return Conv::pack_tasks(conv(s));
  }
  static void pack(const MatmulShape& s, const float* b, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    const TilesPlan p = Conv::plan(conv(s));
    TilesPack packing(p, {b, s.b_column, s.b_depth}, packed);
    for (std::int64_t t = first; t < last; ++t) packing.task(t);
  }
  static std::size_t workspace_bytes(const MatmulShape& s) noexcept {
    return Conv::workspace_bytes(conv(s));
  }
  static std::size_t shared_bytes(const MatmulShape& s) noexcept {
    return Conv::shared_bytes(conv(s));
  }
  static std::int64_t tasks(const MatmulShape& s, int stage) noexcept {
    return Conv::tasks(conv(s), stage);
  }
  static void run(const MatmulArgs& a, int stage, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    const ConvArgs args{.shape = conv(a.shape),
                        .source = a.a,
                        .source_pixel = a.shape.a_row,
                        .packed = a.packed,
                        .bias = a.bias,
                        .residual = a.residual,
                        .residual_pixel = a.residual_row,
                        .target = a.c,
                        .target_pixel = a.c_row,
                        .epilogue = a.epilogue,
                        .shared = a.shared};
    Conv::run(args, stage, first, last, workspace);
  }

  static constexpr MatmulKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = split ? kernel_split_products : kernel_bf16_products,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels

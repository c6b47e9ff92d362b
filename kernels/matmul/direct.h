// Matrix product over tiles: blocks of b's columns are packed, rows of a are read where they lie.
#pragma once

#include "kernels/bf16.h"
#include "kernels/entry_parts.h"
#include "kernels/matmul/matmul.h"
#include "kernels/micro/parts.h"
#include "kernels/micro/tile_call.h"

namespace burin::kernels {
namespace {

template <class V>
struct MatmulDirect {
  using T = Tiles<V>;
  using number = typename V::number;
  static constexpr std::int64_t longest_chunk = 512;      // of f32: 14 rows of a: 28 KiB, in L1
  static constexpr std::int64_t set_bytes = 1024 * 1024;  // of packed b, in L2
  static constexpr std::int64_t band_rows = 8 * T::mr;    // of c at least, for a set of b
  static constexpr std::int64_t wanted_tasks = 16;

  struct Plan {
    std::int64_t blocks, chunks, sets, bands;
  };
  static Plan plan_of(const MatmulShape& s) noexcept {
    Plan p{};
    p.blocks = ceil_div(s.n, T::nr);
    // What waits for the next chunk in a target of bf16 would be rounded.
    p.chunks = s.target_type == Element::bf16 ? 1 : at_least(1, ceil_div(s.k, longest_chunk));
    const std::int64_t chunk_bytes = ceil_div(s.k, p.chunks) * T::nr * std::int64_t{sizeof(number)};
    const std::int64_t in_l2 = at_least(1, set_bytes / at_least(1, chunk_bytes));
    p.bands = at_least(1, at_most(s.m / band_rows, 64));
    p.sets =
        at_least(ceil_div(p.blocks, in_l2), at_most(p.blocks, ceil_div(wanted_tasks, p.bands)));
    return p;
  }
  static std::int64_t padded_columns(const MatmulShape& s) noexcept {
    return ceil_div(s.n, V::lanes) * V::lanes;
  }
  // Where chunk q begins; at an even number, so that pairs stay together.
  static std::int64_t chunk_first(const MatmulShape& s, const Plan& p, std::int64_t q) noexcept {
    return at_most(s.k, V::pair * part_first(ceil_div(s.k, V::pair), p.chunks, q));
  }
  // Numbers before block b of chunk q: [chunk][block][depth][column], of pairs
  // [depth / 2][column][2]
  static std::int64_t packed_at(const MatmulShape& s, const Plan& p, std::int64_t q,
                                std::int64_t b) noexcept {
    const std::int64_t first = chunk_first(s, p, q);
    const std::int64_t depth = chunk_first(s, p, q + 1) - first;
    return first * padded_columns(s) + depth * b * T::nr;
  }

  static const char* refuse(const MatmulShape& s) noexcept {
    if (const char* reason = refuse_direct_types<V>(s, s.k)) return reason;
    if (V::pair == 2 && s.a_depth != 1) return "rows of a are not dense";
    if (s.a_depth != 1 && s.a_row != 1) return "neither rows nor depth of a are neighbours";
    return nullptr;
  }
  // Multiply-adds of the tiles; a tile of h rows takes about h + 1 steps for h multiply-adds.
  static double cost(const MatmulShape& s) noexcept {
    const double m = static_cast<double>(s.m), tiles = static_cast<double>(ceil_div(s.m, T::mr));
    return 32.0 / V::registers * static_cast<double>(s.k * padded_columns(s)) * (m + tiles) *
           product_cost<V>();
  }
  static std::size_t packed_bytes(const MatmulShape& s) noexcept {
    return sizeof(number) * static_cast<std::size_t>(s.k * padded_columns(s));
  }
  static std::int64_t pack_tasks(const MatmulShape& s) noexcept { return plan_of(s).blocks; }

  // A task is a block of columns.
  static void pack(const MatmulShape& s, const float* b, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    constexpr std::int64_t at_once = 16;  // depth steps: reads and writes of a block stay in L1
    const Plan p = plan_of(s);
    for (std::int64_t block = first; block < last; ++block) {
      const std::int64_t columns = at_most(T::nr, s.n - block * T::nr);
      const std::int64_t width = T::width(static_cast<int>(columns));
      for (std::int64_t q = 0; q < p.chunks; ++q) {
        number* to = static_cast<number*>(packed) + packed_at(s, p, q, block);
        const std::int64_t begin = chunk_first(s, p, q), end = chunk_first(s, p, q + 1);
        for (std::int64_t k0 = begin; k0 < end; k0 += at_once)
          for (std::int64_t j = 0; j < width; ++j)
            for (std::int64_t k = k0; k < at_most(k0 + at_once, end); ++k)
              set_number(to[packed_place<V::pair>(k - begin, j, width)],
                         j < columns ? b[k * s.b_depth + (block * T::nr + j) * s.b_column] : 0.0f);
      }
    }
  }

  static std::int64_t tasks(const MatmulShape& s, int) noexcept {
    const Plan p = plan_of(s);
    return p.sets * p.bands;
  }

  static void run(const MatmulArgs& args, int, std::int64_t first, std::int64_t last,
                  void*) noexcept {
    const Plan p = plan_of(args.shape);
    for (std::int64_t task = first; task < last; ++task) {
      // 3rd loop: depth of which rows of a stay in L1 and a set of b in L2
      for (std::int64_t q = 0; q < p.chunks; ++q) {
        if constexpr (V::pair == 1) {
          if (args.shape.a_depth != 1) {
            chunk<false>(args, p, task, q);
            continue;
          }
        }
        chunk<true>(args, p, task, q);
      }
    }
  }

 private:
  template <bool DepthIsOne>
  static void chunk(const MatmulArgs& args, const Plan& p, std::int64_t task,
                    std::int64_t q) noexcept {
    const MatmulShape& s = args.shape;
    const std::int64_t set = task / p.bands, band = task % p.bands;
    const std::int64_t k = chunk_first(s, p, q), k_end = chunk_first(s, p, q + 1);
    const std::int64_t row = part_first(s.m, p.bands, band);
    const std::int64_t rows = part_first(s.m, p.bands, band + 1) - row;
    const std::ptrdiff_t no_tap[] = {0};
    TileCall<V> call{};
    call.o = {nullptr, s.a_row, s.a_depth, nullptr, 0, static_cast<int>((k_end - k) / V::pair),
              1,       no_tap,  no_tap};
    call.type = s.target_type;
    const std::int64_t bytes = bytes_of(s.target_type);
    call.c_row = args.c_row;
    call.residual_row = args.residual_row;
    call.add_to_c = q > 0;
    if (q + 1 == p.chunks) call.epilogue = args.epilogue;
    // 2nd loop: tiles of rows, of equal height but for one row; 1st loop: blocks of columns
    const std::int64_t tiles = ceil_div(rows, T::mr);
    for (std::int64_t i = 0; i < tiles; ++i) {
      const std::int64_t at = row + part_first(rows, tiles, i);
      const auto height = static_cast<int>(row + part_first(rows, tiles, i + 1) - at);
      call.o.a = static_cast<const number*>(args.a) + at * s.a_row + k * s.a_depth;
      for (std::int64_t b = part_first(p.blocks, p.sets, set);
           b < part_first(p.blocks, p.sets, set + 1); ++b) {
        call.columns = static_cast<int>(at_most(T::nr, s.n - b * T::nr));
        call.o.w = static_cast<const number*>(args.packed) + packed_at(s, p, q, b);
        char* const c = static_cast<char*>(args.c) + (at * args.c_row + b * T::nr) * bytes;
        call.c = c;
        call.next_c = c + T::nr * bytes;
        if (s.residual)
          call.residual = static_cast<const char*>(args.residual) +
                          (at * args.residual_row + b * T::nr) * bytes;
        call.bias = args.bias != nullptr ? args.bias + b * T::nr : nullptr;
        T::template of<DepthIsOne>(height, call.columns)(call);
      }
    }
  }

 public:
  static constexpr MatmulKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = direct_flags<V>,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = no_bytes,
            .shared_bytes = no_bytes,
            .stages = 1,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels

// Weight gradient by the plain definition: any kernel, stride, dilation, padding and groups.
//
// A tile is MR input channels x NR output channels of one tap; its depth are the output pixels
// whose input pixel exists, row after row. Rows of x and dy are read where they lie: channels are
// neighbours in memory, so the MR broadcasts of a pixel come from one cache line. The image is cut
// into partial sums by its shape alone; stage 1 adds them in order and writes dw.
//
// AVX-512: 14 x 32 floats are 28 accumulators + 2 of dy + 1 of x = 31 of 32 registers; 16 loads
// feed 28 multiply-adds.
#pragma once

#include <utility>

#include "kernels/conv/conv.h"
#include "kernels/micro/unroll.h"

namespace burin::kernels {
namespace {

template <class V>
struct WeightDirect {
  static constexpr int MR = V::registers == 32 ? 14 : 6, NV = 2, NR = NV * V::lanes;
  static constexpr std::int64_t chunk_bytes = 512 * 1024;    // of x and dy, to stay in L2
  static constexpr std::int64_t partial_bytes = 32ll << 20;  // all partial sums together
  static constexpr std::int64_t most_partials = 16, most_rows = 512;

  struct Plan {
    std::int64_t c, oc;   // of one group
    std::int64_t blocks;  // NR output channels each, of one group
    std::int64_t rows;    // output rows of the batch
    std::int64_t chunk;   // rows at a time
    std::int64_t partials, rows_of_partial;
    std::int64_t slab;  // floats of one block of one partial: [tap][c][NR]
  };

  static std::int64_t up(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }
  static std::int64_t least(std::int64_t a, std::int64_t b) noexcept { return a < b ? a : b; }
  static std::int64_t most(std::int64_t a, std::int64_t b) noexcept { return a > b ? a : b; }

  static Plan plan(const ConvShape& s) noexcept {
    Plan p{};
    p.c = s.in_channels / s.groups;
    p.oc = s.out_channels / s.groups;
    p.blocks = up(p.oc, NR);
    p.rows = s.batch * s.out(0) * s.out(1);
    const std::int64_t row_bytes =
        4 * (std::int64_t{s.out(2)} * s.out_channels + std::int64_t{s.in[2]} * s.in_channels);
    p.chunk = least(most(chunk_bytes / most(row_bytes, 1), 1), most_rows);
    p.slab = s.taps() * p.c * NR;
    const std::int64_t all_slabs = 4 * p.slab * p.blocks * s.groups;
    p.partials =
        most(1, least(least(most_partials, up(p.rows, p.chunk)), partial_bytes / all_slabs));
    p.rows_of_partial = up(p.rows, p.partials);
    return p;
  }

  // One row of the image for one tap: the first pixel of x and of dy.
  struct Row {
    const float *x, *dy;
  };

  // slab[i][j] += sum over rows, k of x[k*x_step + i] * dy[k*dy_step + j]; the last vector of dy
  // has `last` lanes.
  template <int M, int N>
  static void tile(const Row* rows, std::int64_t count, std::int64_t depth, std::int64_t x_step,
                   std::int64_t dy_step, int last, float* slab) noexcept {
    typename V::reg acc[M][N];
    unroll<M>([&](auto i) __attribute__((always_inline)) {
      unroll<N>([&](auto j) __attribute__((always_inline)) {
        acc[i][j] = V::load(slab + i * NR + j * V::lanes);
      });
    });
    for (std::int64_t r = 0; r < count; ++r) {
      const float *x = rows[r].x, *dy = rows[r].dy;
      for (std::int64_t k = 0; k < depth; ++k, x += x_step, dy += dy_step) {
        typename V::reg w[N];
        unroll<N - 1>([&](auto j)
                          __attribute__((always_inline)) { w[j] = V::load(dy + j * V::lanes); });
        w[N - 1] = V::load(dy + (N - 1) * V::lanes, last);
        unroll<M>([&](auto i) __attribute__((always_inline)) {
          const typename V::reg value = V::broadcast(x + i);
          unroll<N>([&](auto j) __attribute__((always_inline)) {
            acc[i][j] = V::mac(value, w[j], acc[i][j]);
          });
        });
      }
    }
    unroll<M>([&](auto i) __attribute__((always_inline)) {
      unroll<N>([&](auto j) __attribute__((always_inline)) {
        V::store(slab + i * NR + j * V::lanes, acc[i][j]);
      });
    });
  }

  using TileFunction = void (*)(const Row*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                int, float*) noexcept;
  struct Tiles {
    TileFunction of[2][MR];  // [vectors - 1][channels - 1]
  };
  template <std::size_t... M>
  static constexpr Tiles make_tiles(std::index_sequence<M...>) noexcept {
    return {{{&tile<static_cast<int>(M) + 1, 1>...}, {&tile<static_cast<int>(M) + 1, 2>...}}};
  }
  static constexpr Tiles tiles = make_tiles(std::make_index_sequence<MR>{});

  // Output columns [first, last) whose input column exists for tap column kw.
  struct Columns {
    std::int64_t first, last;
  };
  static Columns columns(const ConvShape& s, int kw) noexcept {
    const std::int64_t shift = s.pad_begin[2] - std::int64_t{kw} * s.dilation[2];
    const std::int64_t end = s.in[2] + shift;  // o*stride < end
    const std::int64_t first = shift > 0 ? up(shift, s.stride[2]) : 0;
    return {first, end > 0 ? least(s.out(2), up(end, s.stride[2])) : 0};
  }

  // Rows [first, last) of the batch that exist for tap (kd, kh), at the channels that args points
  // to.
  static std::int64_t list_rows(const ConvWeightArgs& args, const float* x, const float* dy, int kd,
                                int kh, int kw, const Columns& span, std::int64_t first,
                                std::int64_t last, Row* rows) noexcept {
    const ConvShape& s = args.shape;
    std::int64_t count = 0;
    for (std::int64_t row = first; row < last; ++row) {
      const std::int64_t oh = row % s.out(1), od = row / s.out(1) % s.out(0);
      const std::int64_t n = row / s.out(1) / s.out(0);
      const std::int64_t ih = oh * s.stride[1] + kh * s.dilation[1] - s.pad_begin[1];
      const std::int64_t id = od * s.stride[0] + kd * s.dilation[0] - s.pad_begin[0];
      if (ih < 0 || ih >= s.in[1] || id < 0 || id >= s.in[0]) continue;
      const std::int64_t iw =
          span.first * s.stride[2] + std::int64_t{kw} * s.dilation[2] - s.pad_begin[2];
      const std::int64_t pixel = ((n * s.in[0] + id) * s.in[1] + ih) * s.in[2] + iw;
      rows[count++] = {x + pixel * args.x_pixel,
                       dy + (row * s.out(2) + span.first) * args.dy_pixel};
    }
    return count;
  }

  // Adds rows [first, last) to the slab of one block of output channels.
  static void add_rows(const ConvWeightArgs& args, const Plan& p, const float* x, const float* dy,
                       int width, std::int64_t first, std::int64_t last, float* slab,
                       Row* rows) noexcept {
    const ConvShape& s = args.shape;
    const int vectors = width > V::lanes ? 2 : 1, tail = width - (vectors - 1) * V::lanes;
    const std::int64_t x_step = args.x_pixel * s.stride[2];
    const std::int64_t heights = up(p.c, MR);
    for (int tap = 0; tap < s.taps(); ++tap) {
      const int kw = tap % s.kernel[2], kh = tap / s.kernel[2] % s.kernel[1];
      const int kd = tap / s.kernel[2] / s.kernel[1];
      const Columns span = columns(s, kw);
      if (span.first >= span.last) continue;
      const std::int64_t count = list_rows(args, x, dy, kd, kh, kw, span, first, last, rows);
      if (count == 0) continue;
      for (std::int64_t h = 0, c = 0; h < heights; ++h) {
        // Channels [c, end): equal heights, no small rest.
        const std::int64_t end = p.c * (h + 1) / heights;
        tiles.of[vectors - 1][end - c - 1](rows, count, span.last - span.first, x_step,
                                           args.dy_pixel, tail, slab + (tap * p.c + c) * NR);
        for (std::int64_t r = 0; r < count; ++r) rows[r].x += end - c;
        c = end;
      }
    }
  }

  // Stage 0, one task: one partial sum of one block of output channels of one group.
  static void sum(const ConvWeightArgs& args, std::int64_t task, Row* rows) noexcept {
    const ConvShape& s = args.shape;
    const Plan p = plan(s);
    const std::int64_t block = task % p.blocks, group = task / p.blocks % s.groups;
    const std::int64_t partial = task / p.blocks / s.groups;
    float* slab = static_cast<float*>(args.shared) + task * p.slab;
    for (std::int64_t i = 0; i < p.slab; i += V::lanes) V::store(slab + i, V::zero());
    const float* x = args.x + group * p.c;
    const float* dy = args.dy + group * p.oc + block * NR;
    const int width = static_cast<int>(least(NR, p.oc - block * NR));
    const std::int64_t end = least(p.rows, (partial + 1) * p.rows_of_partial);
    for (std::int64_t row = partial * p.rows_of_partial; row < end; row += p.chunk)
      add_rows(args, p, x, dy, width, row, least(end, row + p.chunk), slab, rows);
  }

  // Stage 1, one task: dw of one input channel of one block.
  static void combine(const ConvWeightArgs& args, std::int64_t task) noexcept {
    const ConvShape& s = args.shape;
    const Plan p = plan(s);
    const std::int64_t c = task % p.c, block = task / p.c % p.blocks;
    const std::int64_t group = task / p.c / p.blocks;
    const std::int64_t width = least(NR, p.oc - block * NR), taps = s.taps();
    const std::int64_t partial_size = p.slab * p.blocks * s.groups;
    const float* first =
        static_cast<const float*>(args.shared) + (group * p.blocks + block) * p.slab + c * NR;
    float* dw = args.dw + ((group * p.oc + block * NR) * p.c + c) * taps;
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      const float* from = first + tap * p.c * NR;
      float sums[NR];
      for (int j = 0; j < NR; j += V::lanes) {
        typename V::reg sum = V::load(from + j);
        for (std::int64_t q = 1; q < p.partials; ++q)
          sum = V::add(sum, V::load(from + q * partial_size + j));
        V::store(sums + j, sum);
      }
      for (std::int64_t j = 0; j < width; ++j) dw[j * p.c * taps + tap] = sums[j];
    }
  }

  static const char* refuse(const ConvShape&) noexcept { return nullptr; }
  // Multiply-adds over the share of the tile that is used.
  static double cost(const ConvShape& s) noexcept {
    const Plan p = plan(s);
    const double rows = static_cast<double>(p.c) / static_cast<double>(up(p.c, MR) * MR);
    const double columns =
        static_cast<double>(p.oc) / static_cast<double>(up(p.oc, V::lanes) * V::lanes);
    return static_cast<double>(s.macs()) / (0.85 * (rows < 0.5 ? 0.5 : rows) * columns) * 16 /
           V::lanes;
  }
  static std::size_t nothing(const ConvShape&) noexcept { return 0; }
  static std::int64_t no_tasks(const ConvShape&) noexcept { return 0; }
  static void no_pack(const ConvShape&, const float*, void*, std::int64_t, std::int64_t) noexcept {}
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    return static_cast<std::size_t>(plan(s).chunk) * sizeof(Row);
  }
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    const Plan p = plan(s);
    return static_cast<std::size_t>(4 * p.slab * p.blocks * s.groups * p.partials);
  }
  static std::int64_t tasks(const ConvShape& s, int stage) noexcept {
    const Plan p = plan(s);
    return p.blocks * s.groups * (stage == 0 ? p.partials : p.c);
  }
  static void run(const ConvWeightArgs& args, int stage, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    for (std::int64_t task = first; task < last; ++task) {
      if (stage == 0)
        sum(args, task, static_cast<Row*>(workspace));
      else
        combine(args, task);
    }
  }

  static constexpr ConvWeightKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_f32_exact,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = nothing,
            .pack_tasks = no_tasks,
            .pack = no_pack,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels

// Weight gradient by the plain definition: any kernel, stride, dilation, padding and groups.
//
// It is the micro-kernel's fourth use (../micro/tile.h): rows of a tile are input channels, columns
// output channels, the list of taps holds the image rows, depth are the output pixels of a row
// whose input pixel exists. Loops, from outside: chunks of output rows whose packed pixels stay in
// L2 (weight_plan.h, weight_pack.h), rows of the kernel, columns of the kernel, blocks of output
// channels, tiles of input channels. Stage 1 adds the partial sums in order and writes dw.
//
// AVX-512: one cache line of x and two of dy feed 28 multiply-adds.
#pragma once

#include "kernels/conv/weight_pack.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

template <class V>
class WeightDirect {
  using Plan = WeightPlan<V>;
  using Pack = WeightPack<V>;
  static constexpr int mr = Plan::mr, nr = Plan::nr;

  // Stage 0, one task: a partial sum of a set of blocks x a range of input channels of one group.
  class Task {
   public:
    Task(const ConvWeightArgs& args, const Plan& p, std::int64_t task, void* workspace) noexcept
        : args_(args), s_(args.shape), p_(p) {
      const std::int64_t set = task % p.sets, range = task / p.sets % p.ranges;
      const std::int64_t group = task / p.sets / p.ranges % s_.groups;
      partial_ = task / p.sets / p.ranges / s_.groups;
      c_first_ = part_first(p.c, p.ranges, range);
      c_count_ = part_first(p.c, p.ranges, range + 1) - c_first_;
      const std::int64_t first_block = part_first(p.blocks, p.sets, set);
      blocks_ = part_first(p.blocks, p.sets, set + 1) - first_block;
      oc_count_ = at_most(p.oc - first_block * nr, blocks_ * nr);
      x_ = args.x_f32() + group * (s_.in_channels / s_.groups) + (p.fold > 1 ? 0 : c_first_);
      dy_ = args.dy_f32() + group * p.oc + first_block * nr;
      slab_ = static_cast<float*>(args.shared) +
              ((partial_ * s_.groups + group) * p.blocks + first_block) * p.slab + c_first_ * nr;
      x_tile_ = p.chunk * p.columns * Plan::pitch;
      dy_block_ = p.chunk * s_.out(2) * nr;
      packed_x_ = static_cast<float*>(workspace);
      packed_dy_ = packed_x_ + ceil_div(c_count_, mr) * x_tile_;
      dy_rows_ = reinterpret_cast<std::int64_t*>(packed_dy_ + blocks_ * dy_block_);
      x_taps_ = dy_rows_ + p.chunk;
      dy_taps_ = x_taps_ + p.chunk;
    }

    void run() noexcept {
      const std::int64_t end = part_first(p_.rows, p_.partials, partial_ + 1);
      std::int64_t row = part_first(p_.rows, p_.partials, partial_);
      clear();
      for (; row < end; row += p_.chunk) add_chunk(row, at_most(p_.chunk, end - row));
    }

   private:
    void clear() noexcept {
      for (std::int64_t b = 0; b < blocks_; ++b)
        for (std::int64_t tap = 0; tap < p_.taps; ++tap)
          for (std::int64_t i = 0; i < c_count_ * nr; i += V::lanes)
            V::store(slab_ + b * p_.slab + tap * p_.c * nr + i, V::zero());
    }

    void add_chunk(std::int64_t first, std::int64_t count) noexcept {
      for (std::int64_t r = 0; r < count; ++r)
        Pack::dy_row(dy_ + (first + r) * s_.out(2) * args_.dy_pixel, args_.dy_pixel, s_.out(2),
                     oc_count_, packed_dy_, dy_block_, r);
      for (int kd = 0; kd < s_.kernel[0]; ++kd)
        for (int kh = 0; kh < s_.kernel[1]; ++kh) {
          const std::int64_t found = pack_x(kd, kh, first, count);
          for (int kw = 0; kw < s_.kernel[2] && found > 0; kw += static_cast<int>(p_.fold))
            add_tap((std::int64_t{kd} * s_.kernel[1] + kh) * s_.kernel[2] + kw, found);
        }
    }

    // Packs the rows of x that rows [first, first + count) of dy meet under (kd, kh), lists those
    // rows of dy; returns their number.
    std::int64_t pack_x(int kd, int kh, std::int64_t first, std::int64_t count) noexcept {
      std::int64_t found = 0;
      for (std::int64_t r = 0; r < count; ++r) {
        const std::int64_t row = first + r, n = row / s_.out(1) / s_.out(0);
        const std::int64_t d =
            row / s_.out(1) % s_.out(0) * s_.stride[0] + kd * s_.dilation[0] - s_.pad_begin[0];
        const std::int64_t h =
            row % s_.out(1) * s_.stride[1] + kh * s_.dilation[1] - s_.pad_begin[1];
        if (d < 0 || d >= s_.in[0] || h < 0 || h >= s_.in[1]) continue;
        const float* from = x_ + ((n * s_.in[0] + d) * s_.in[1] + h) * s_.in[2] * args_.x_pixel;
        float* to = packed_x_ + found * p_.columns * Plan::pitch;
        if (p_.fold > 1)
          Pack::folded_x_row(s_, from, args_.x_pixel, to);
        else
          Pack::x_row(from, args_.x_pixel, p_.columns, c_count_, to, x_tile_);
        dy_rows_[found++] = r;
      }
      return found;
    }

    void add_tap(std::int64_t tap, std::int64_t found) noexcept {
      const WeightColumns span(s_, static_cast<int>(tap % s_.kernel[2]));
      const bool fold = p_.fold > 1;
      const std::int64_t first = fold ? 0 : span.first, last = fold ? s_.out(2) : span.last;
      const std::int64_t step = fold ? 1 : s_.stride[2], shift = fold ? 0 : span.shift;
      if (first == last) return;
      for (std::int64_t r = 0; r < found; ++r) {
        x_taps_[r] = (r * p_.columns + first * step + shift) * Plan::pitch;
        dy_taps_[r] = dy_rows_[r] * s_.out(2) + first;
      }
      TileCall<V> call{};
      call.o = {nullptr,
                1,
                step * Plan::pitch,
                nullptr,
                0,
                static_cast<int>(last - first),
                static_cast<int>(found),
                x_taps_,
                dy_taps_};
      call.c_row = nr;
      call.add_to_c = true;
      const std::int64_t tiles = ceil_div(c_count_, mr);
      for (std::int64_t b = 0; b < blocks_; ++b) {
        call.o.w = packed_dy_ + b * dy_block_;
        call.columns = Plan::block_width(oc_count_, b);
        float* c = slab_ + b * p_.slab + tap / p_.fold * p_.c * nr;
        for (std::int64_t h = 0; h < tiles; ++h) {
          const std::int64_t i = part_first(c_count_, tiles, h);
          const std::int64_t end = part_first(c_count_, tiles, h + 1);
          call.o.a = packed_x_ + h * x_tile_;
          call.c = c + i * nr;
          call.next_c = c + end * nr;
          Tiles<V>::template of<false>(static_cast<int>(end - i), call.columns)(call);
        }
      }
    }

    const ConvWeightArgs& args_;
    const ConvShape& s_;
    const Plan& p_;
    std::int64_t partial_, c_first_, c_count_, blocks_, oc_count_;
    const float *x_, *dy_;
    float* slab_;
    std::int64_t *dy_rows_, *x_taps_, *dy_taps_;
    float *packed_x_, *packed_dy_;
    std::int64_t x_tile_, dy_block_;  // floats from one to the next
  };

  // Stage 1, one task: dw of some input channels and one block of output channels.
  static void combine(const ConvWeightArgs& args, const Plan& p, std::int64_t task,
                      float* gathered) noexcept {
    const ConvShape& s = args.shape;
    const std::int64_t channels = s.in_channels / s.groups, most = p.gathered_channels(s);
    const std::int64_t parts = ceil_div(channels, most);
    const std::int64_t block = task / parts % p.blocks, group = task / parts / p.blocks;
    const std::int64_t c = task % parts * most, count = at_most(most, channels - c);
    const std::int64_t width = at_most(nr, p.oc - block * nr), taps = s.taps();
    const std::int64_t partial_size = p.slab * p.blocks * s.groups;
    const float* from =
        static_cast<const float*>(args.shared) + (group * p.blocks + block) * p.slab;
    // gathered[output channel][channel][tap]
    for (std::int64_t tap = 0; tap < taps; ++tap)
      for (std::int64_t i = 0; i < count; ++i) {
        // Slabs are [kernel row][tap column x channel] when folded, [tap][channel] when not: the
        // same place.
        const float* sums = from + (tap * channels + c + i) * nr;
        float sum[nr];
        for (int j = 0; j < nr; j += V::lanes) {
          typename V::reg v = V::load(sums + j);
          for (std::int64_t q = 1; q < p.partials; ++q)
            v = V::add(v, V::load(sums + q * partial_size + j));
          V::store(sum + j, v);
        }
        for (std::int64_t j = 0; j < width; ++j) gathered[(j * count + i) * taps + tap] = sum[j];
      }
    float* dw = args.dw + ((group * p.oc + block * nr) * channels + c) * taps;
    for (std::int64_t j = 0; j < width; ++j)
      for (std::int64_t i = 0; i < count * taps; ++i)
        dw[j * channels * taps + i] = gathered[j * count * taps + i];
  }

  static const char* refuse(const ConvShape& s) noexcept { return refuse_other_types(s); }
  // Multiply-adds over the share of the tile that is used.
  static double cost(const ConvShape& s) noexcept {
    const Plan p(s);
    const double rows = static_cast<double>(p.c) / static_cast<double>(ceil_div(p.c, mr) * mr);
    const double columns =
        static_cast<double>(p.oc) / static_cast<double>(ceil_div(p.oc, V::lanes) * V::lanes);
    const double products =
        static_cast<double>(s.macs()) / (0.85 * (rows < 0.5 ? 0.5 : rows) * columns);
    // Clearing and summing: small pictures have little else to do.
    const double sums = 90.0 * static_cast<double>(p.partials * s.groups * p.taps * p.c * p.oc);
    return (products + sums) * 16 / V::lanes;
  }
  // Packed x and dy of a chunk, then three lists of rows.
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    const Plan p(s);
    const std::int64_t floats =
        p.chunk * (p.columns * p.packed_x_pixel() + s.out(2) * ceil_div(p.blocks, p.sets) * nr);
    const std::int64_t gathered = p.gathered_channels(s) * s.taps() * nr;
    return static_cast<std::size_t>(4 * at_least(floats, gathered) + 3 * 8 * p.chunk);
  }
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    const Plan p(s);
    return static_cast<std::size_t>(4 * p.slab * p.blocks * s.groups * p.partials);
  }
  static std::int64_t tasks(const ConvShape& s, int stage) noexcept {
    const Plan p(s);
    if (stage == 0) return p.sets * p.ranges * s.groups * p.partials;
    return ceil_div(s.in_channels / s.groups, p.gathered_channels(s)) * p.blocks * s.groups;
  }
  static void run(const ConvWeightArgs& args, int stage, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    const Plan p(args.shape);
    for (std::int64_t task = first; task < last; ++task) {
      if (stage == 0)
        Task(args, p, task, workspace).run();
      else
        combine(args, p, task, static_cast<float*>(workspace));
    }
  }

 public:
  static constexpr ConvWeightKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_f32_exact,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = no_bytes,
            .pack_tasks = nullptr,
            .pack = nullptr,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels

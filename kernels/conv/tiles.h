// Convolution on tiles of bf16, forward and data, any kernel, stride, dilation and padding. Split:
// each factor is hi + lo, and the results hold f32's 1e-5 (tiles/block.h).
//
// A task takes a range of the outer axis and some target channels. It stages a window of the source
// (tiles_plan.h), multiplies, keeps the lines that the next window needs too (they are moved, or
// planes of a large volume take turns), and moves on. Where pixels are few and weights many, stage
// 0 stages the whole image in shared memory and the tasks of stage 1 share it, each with its own
// target channels.
#pragma once

#include "kernels/conv/tiles_between.h"
#include "kernels/conv/tiles_group.h"
#include "kernels/conv/tiles_pack.h"
#include "kernels/conv/tiles_stage.h"

namespace burin::kernels {
namespace {

// Positions of the target that a window covers, axes d and h.
struct TilesWindow {
  int d, d_end, h, h_end;
};

template <class E, int PA, int PW>
class TilesRun {
  using Stage = TilesStage<E>;

 public:
  [[nodiscard]] static std::int64_t most_steps(const TilesPlan& p) noexcept {
    return at_least(1, p.shape.taps()) * p.c_blocks;
  }
  // Window, sums, lists of tiles, pixels and steps.
  [[nodiscard]] static std::int64_t workspace_bytes(const TilesPlan& p) noexcept {
    const std::int64_t window = p.whole ? 0 : p.staged_bytes(p.memory_d(), p.memory_h());
    return window + TilesGroup::most_sums(p) * 2 * tile_bytes +
           p.most_tiles() * 4 * (1 + tile_pixels) + most_steps(p) * 8;
  }

  TilesRun(const ConvArgs& args, const TilesPlan& plan, void* workspace) noexcept
      : args_(args), p_(plan), stage_(plan, nullptr) {
    auto* at = static_cast<std::byte*>(workspace);
    window_ = at;
    if (!p_.whole) at += p_.staged_bytes(p_.memory_d(), p_.memory_h());
    sums_ = reinterpret_cast<float*>(at);
    at += TilesGroup::most_sums(p_) * 2 * tile_bytes;
    to_ = reinterpret_cast<std::int32_t*>(at);
    tile_at_ = to_ + p_.most_tiles() * tile_pixels;
    step_at_ = tile_at_ + p_.most_tiles();
    ahead_at_ = step_at_ + most_steps(p_);
  }

  // Stage 0: a line of the outer axis of an image and group.
  void stage_task(std::int64_t index) noexcept {
    const int lines = p_.staged_size(p_.outer, p_.positions[p_.outer]);
    select(index / lines, static_cast<std::byte*>(args_.shared));
    const auto line = static_cast<int>(index % lines);
    if (p_.outer == 1) return stage_.line(source_, 0, line, 0, line);
    for (int h = 0; h < p_.staged_size(1, p_.positions[1]); ++h)
      stage_.line(source_, line, h, line, h);
  }

  void task(std::int64_t index) noexcept {
    const std::int64_t part = index % p_.parts, band = index / p_.parts % p_.bands;
    const std::int64_t slice = index / p_.parts / p_.bands % p_.slices;
    select(index / p_.parts / p_.bands / p_.slices,
           p_.whole ? static_cast<std::byte*>(args_.shared) : window_);
    block_first_ = static_cast<int>(part_first(p_.o_blocks, p_.slices, slice));
    block_last_ = static_cast<int>(part_first(p_.o_blocks, p_.slices, slice + 1));
    const auto first = static_cast<int>(part_first(p_.positions[p_.outer], p_.parts, part));
    const auto last = static_cast<int>(part_first(p_.positions[p_.outer], p_.parts, part + 1));
    const auto row = static_cast<int>(part_first(p_.positions[1], p_.bands, band));
    const auto row_end = static_cast<int>(part_first(p_.positions[1], p_.bands, band + 1));
    int staged_end = first;  // of the outer axis, counted as the target is
    for (int at = first; at < last; at += p_.length) {
      const auto end = static_cast<int>(at_most(last, at + p_.length));
      TilesWindow w{0, p_.positions[0], row, row_end};
      (p_.outer == 0 ? w.d : w.h) = at;
      (p_.outer == 0 ? w.d_end : w.h_end) = end;
      if (!p_.whole) {
        memory_d_ = p_.outer == 0 ? at : 0;
        memory_h_ = p_.outer == 0 ? row : at;
        if (staged_end > at && !p_.ring) stage_.move_down(p_.length, staged_end - at);
        for (int i = staged_end > at ? staged_end : at; i < end + p_.staged[p_.outer].extra; ++i)
          stage_lines(i, line_of(i - at), w);
        staged_end = end + p_.staged[p_.outer].extra;
        // The next part is most often this thread's next task.
        const std::int64_t next_end = at_most(p_.positions[p_.outer], end + p_.length);
        look_ahead(staged_end, static_cast<int>(next_end) - end, w);
      }
      multiply(w);
    }
  }

 private:
  // The staged line that position memory_d_ (or memory_h_) + i has.
  [[nodiscard]] int line_of(int i) const noexcept {
    return p_.ring ? (memory_d_ + i) % p_.staged_size(0, 1) : i;
  }

  void select(std::int64_t index, std::byte* planes) noexcept {
    const std::int64_t image = index / p_.shape.groups;
    group_ = index % p_.shape.groups;
    std::int64_t from = image, to = image;
    for (const DirectAxis& a : p_.axis) from *= a.source, to *= a.target;
    const int from_bytes = bytes_of(p_.shape.source_type),
              to_bytes = bytes_of(p_.shape.target_type);
    source_ = {static_cast<const std::byte*>(args_.source) +
                   (from * args_.source_pixel + group_ * p_.depth) * from_bytes,
               args_.source_pixel * from_bytes};
    target_ = {static_cast<std::byte*>(args_.target) +
                   (to * args_.target_pixel + group_ * p_.columns) * to_bytes,
               args_.target_pixel,
               args_.residual == nullptr
                   ? nullptr
                   : static_cast<const std::byte*>(args_.residual) +
                         (to * args_.residual_pixel + group_ * p_.columns) * to_bytes,
               args_.residual_pixel,
               args_.bias == nullptr ? nullptr : args_.bias + group_ * p_.columns,
               p_.shape.target_type,
               streams(to_bytes),
               args_.epilogue};
    memory_d_ = memory_h_ = 0;
    const std::int64_t image_bytes =
        p_.whole ? p_.staged_bytes(p_.memory_d(), p_.memory_h()) * index : 0;
    stage_.begin_at(planes + image_bytes);
  }

  // A target that the next layer may find in a cache is left there.
  [[nodiscard]] bool streams(std::int64_t element) const noexcept {
    constexpr std::int64_t large = std::int64_t{12} << 20;
    std::int64_t bytes = p_.shape.batch * p_.columns * p_.shape.groups * element;
    for (const DirectAxis& a : p_.axis) bytes *= a.target;
    const auto address = reinterpret_cast<std::uintptr_t>(args_.target);
    return bytes > large && address % 64 == 0 && args_.target_pixel * element % 64 == 0 &&
           p_.columns * element % 64 == 0;
  }

  // Lines [first, first + count) of the outer axis, where their channels lie together.
  void look_ahead(int first, int count, const TilesWindow& w) noexcept {
    ahead_ = {};
    const std::int64_t from_bytes = bytes_of(p_.shape.source_type);
    if (count <= 0 || source_.pixel > p_.depth * from_bytes * 3 / 2) return;
    const TilesAxis& o = p_.staged[p_.outer];
    std::int64_t begin = first * o.step + o.origin, end = begin + count * o.step;
    begin = at_least(0, begin);
    end = at_most(p_.axis[p_.outer].source, end);
    const std::int64_t row = p_.axis[2].source * source_.pixel;
    if (p_.outer == 1) {
      ahead_ = {source_.pixels + begin * row, (end - begin) * row};
    } else if (begin < end) {  // of a band, the first plane
      const std::int64_t top = at_least(0, w.h * p_.staged[1].step + p_.staged[1].origin);
      const std::int64_t rows = (w.h_end - w.h + p_.staged[1].extra) * p_.staged[1].step;
      ahead_ = {source_.pixels + (begin * p_.axis[1].source + top) * row,
                at_most(rows, p_.axis[1].source - top) * row};
    }
    if (ahead_.bytes <= 0) ahead_ = {};
  }

  // Line i of the outer axis, in memory line `to`.
  void stage_lines(int i, int to, const TilesWindow& w) noexcept {
    if (p_.outer == 1) return stage_.line(source_, 0, i, 0, to);
    for (int h = w.h; h < w.h_end + p_.staged[1].extra; ++h)
      stage_.line(source_, i, h, to, h - w.h);
  }

  void multiply(const TilesWindow& w) noexcept {
    std::int64_t before = 0;
    for (int rd = 0; rd < p_.axis[0].phases(); ++rd)
      for (int rh = 0; rh < p_.axis[1].phases(); ++rh)
        for (int rw = 0; rw < p_.axis[2].phases(); ++rw) {
          const AxisPhase d = p_.axis[0].phase(rd), h = p_.axis[1].phase(rh),
                          x = p_.axis[2].phase(rw);
          phase(w, d, h, x, before);
          before += std::int64_t{d.taps} * h.taps * x.taps;
        }
  }

  void phase(const TilesWindow& w, const AxisPhase& d, const AxisPhase& h, const AxisPhase& x,
             std::int64_t before) noexcept {
    list_tiles(w, d, h, x);
    if (tiles_ == 0) return;
    list_steps(d, h, x);
    const std::int64_t taps = std::int64_t{d.taps} * h.taps * x.taps;
    multiply_all(static_cast<const std::byte*>(args_.packed) + group_ * p_.group_bytes() +
                     p_.packed_at(before, 0, 0),
                 taps);
  }

  // Tiles of 16 pixels: of rows, down the columns, or, where that wastes more, of all pixels of a
  // plane in a run, of which those between the rows are thrown away.
  void list_tiles(const TilesWindow& w, const AxisPhase& d, const AxisPhase& h,
                  const AxisPhase& x) noexcept {
    tiles_ = 0;
    std::int32_t* const list_end = to_ + p_.most_tiles() * tile_pixels;
    const auto d_end = static_cast<int>(at_most(w.d_end, d.count)),
               h_end = static_cast<int>(at_most(w.h_end, h.count));
    if (x.count == 0 || h_end <= w.h) return;
    const std::int64_t across = ceil_div(x.count, tile_pixels), rows = h_end - w.h;
    const std::int64_t in_a_run = (rows - 1) * stage_.width() + x.count;
    for (int jd = w.d; jd < d_end; ++jd) {
      plane_ = stage_.at(0, jd - memory_d_, w.h - memory_h_);
      plane_to_ = (std::int64_t{d.first} + jd * d.step) * p_.axis[1].target;
      if (ceil_div(in_a_run, tile_pixels) < rows * across) {
        for (std::int64_t i = 0; i < in_a_run; i += tile_pixels)
          add_tile(static_cast<int>(i / stage_.width()), static_cast<int>(i % stage_.width()),
                   stage_.width(), static_cast<int>(rows), w.h, h, x);
      } else {
        for (int i = 0; i < across; ++i)
          for (int r = 0; r < rows; ++r)
            add_tile(r, i * tile_pixels, 1 << 30, static_cast<int>(rows), w.h, h, x);
      }
    }
    for (std::int32_t* to = to_ + std::int64_t{tiles_} * tile_pixels; to < list_end; ++to) *to = -1;
  }

  void add_tile(int row, int column, int width, int rows, int first_row, const AxisPhase& h,
                const AxisPhase& x) noexcept {
    tile_at_[tiles_] =
        static_cast<std::int32_t>((plane_ + std::int64_t{row} * stage_.width() + column) * 64);
    std::int32_t* to = to_ + std::int64_t{tiles_++} * tile_pixels;
    if (row < rows && column + tile_pixels <= x.count) {  // inside of a row, as most are
      const std::int64_t line = plane_to_ + h.first + std::int64_t{first_row + row} * h.step;
      const auto first =
          static_cast<std::int32_t>(line * p_.axis[2].target + x.first + column * x.step);
      for (int i = 0; i < tile_pixels; ++i) to[i] = first + i * x.step;
      return;
    }
    for (int i = 0; i < tile_pixels; ++i, ++column) {
      if (column == width) column = 0, ++row;
      const bool inside = column < x.count && row < rows;
      const std::int64_t line = plane_to_ + h.first + std::int64_t{first_row + row} * h.step;
      to[i] = inside
                  ? static_cast<std::int32_t>(line * p_.axis[2].target + x.first + column * x.step)
                  : -1;
    }
  }

  void list_steps(const AxisPhase& d, const AxisPhase& h, const AxisPhase& x) noexcept {
    steps_ = 0;
    for (int cb = 0; cb < p_.c_blocks; ++cb)
      for (int kd = 0; kd < d.taps; ++kd)
        for (int kh = 0; kh < h.taps; ++kh)
          for (int kw = 0; kw < x.taps; ++kw) {
            const int v[3] = {d.offset + kd * d.offset_step - p_.staged[0].origin,
                              h.offset + kh * h.offset_step - p_.staged[1].origin,
                              x.offset + kw * x.offset_step - p_.staged[2].origin};
            int sub = 0, shift[3];
            for (int i = 0; i < 3; ++i) {
              sub = sub * p_.staged[i].subs + v[i] % p_.staged[i].step;
              shift[i] = v[i] / p_.staged[i].step;
            }
            step_at_[steps_++] = static_cast<std::int32_t>(
                cb * PA * stage_.plane_bytes() +
                (stage_.at(sub, line_of(shift[0]), shift[1]) + shift[2]) * 64);
          }
    list_ahead(h.taps * x.taps, x.taps);
  }

  // Tiles follow each other down the columns, so the next block's new pixels are those of the last
  // taps of axis h: a row of a tile, spread over the taps of each channel block and d. Measured in
  // bf16, it gains 4 to 10 % from 512 channels on and loses 3 % below; of few taps it would be more
  // fetches than products hide.
  void list_ahead(int taps, int taps_w) noexcept {
    constexpr int deep = 16;
    ahead_lines_ =
        taps < 4 || p_.c_blocks < deep ? 0 : static_cast<int>(ceil_div(tile_pixels, taps));
    for (int k = 0; k < steps_; ++k) {
      const std::int32_t row = step_at_[k / taps * taps + taps - taps_w];
      const int line = k % taps * ahead_lines_;
      ahead_at_[k] = row + (line < tile_pixels ? line : 0) * 64;
    }
  }

  // 4th loop: target channels and pixels whose sums are kept; 3rd: depth whose weights stay in L1;
  // 2nd: blocks of target channels; 1st: blocks of pixels.
  void multiply_all(const std::byte* packed, std::int64_t taps) noexcept {
    const TilesGroup g(p_, steps_, tiles_);
    TileFinish<E> finish(target_);
    const std::int64_t calls = std::int64_t{steps_} * ceil_div(tiles_, 2);  // of a block, or more
    TilesBetween<E> between(finish, {ahead_, calls * (block_last_ - block_first_)});
    for (int b = block_first_; b < block_last_; b += g.blocks) {
      const auto b_end = static_cast<int>(at_most(block_last_, b + g.blocks));
      between.fetch_weights({weights_ahead(packed, taps, b, b_end), calls * (b_end - b)});
      for (int t = 0; t < tiles_; t += g.tiles) {
        const auto t_end = static_cast<int>(at_most(tiles_, t + g.tiles));
        for (int q = 0; q < g.depths; ++q)
          for (int i = b; i < b_end; ++i) {
            const std::byte* w = packed + p_.packed_at(0, taps, i);
            float* sums = sums_ + std::int64_t{i - b} * g.tiles * (2 * tile_bytes / 4);
            if (p_.block_tiles(i) == 2)
              blocks<2, 2>({g, i, q, t, t_end, w, sums}, finish, between);
            else
              blocks<4, 1>({g, i, q, t, t_end, w, sums}, finish, between);
          }
      }
    }
    finish.end();
  }

  // The weights of the blocks behind [b, b_end), as many, unless all of them stay in L2 anyway.
  // Where each is read once, the same number of bytes from some pages ahead on.
  [[nodiscard]] TilesAhead weights_ahead(const std::byte* packed, std::int64_t taps, int b,
                                         int b_end) const noexcept {
    constexpr std::int64_t soon = 8 * 1024, in_l2 = 640 * 1024;
    if (p_.group_bytes() <= in_l2) return {};
    const std::int64_t all = p_.packed_at(0, taps, block_last_);
    const std::int64_t here = p_.packed_at(0, taps, b), next = p_.packed_at(0, taps, b_end);
    const std::int64_t begin = tiles_ <= 2 ? here + soon : next;
    const std::int64_t end = at_most(all, begin + next - here);
    return begin < end ? TilesAhead{packed + begin, end - begin} : TilesAhead{};
  }

  // The first pixel of a tile, or of the last.
  [[nodiscard]] const std::byte* tile(int index) const noexcept {
    return stage_.planes() + tile_at_[index < tiles_ ? index : tiles_ - 1];
  }

  // Tiles [first, last) of one block of target channels and one range of depth.
  struct Part {
    const TilesGroup& g;
    int o_block, depth, first, last;
    const std::byte* w;
    float* sums;
  };
  template <int MP, int NB>
  void blocks(const Part& part, TileFinish<E>& finish, TilesBetween<E>& between) noexcept {
    using Block = TileBlock<E, PA, PW, MP, NB>;
    const auto begin = static_cast<int>(part_first(steps_, part.g.depths, part.depth));
    const auto end = static_cast<int>(part_first(steps_, part.g.depths, part.depth + 1));
    const int channel = part.o_block * 2 * tile_channels;
    const int columns =
        p_.columns - channel < NB * tile_channels ? p_.columns - channel : NB * tile_channels;
    TileSteps s{};
    s.a_row = 64;
    s.a_low = stage_.plane_bytes();
    s.at = step_at_ + begin;
    s.ahead = ahead_at_ + begin;
    s.ahead_lines = ahead_lines_;
    s.count = end - begin;
    s.w = part.w + std::int64_t{begin} * Block::step_bytes;
    s.add_to_c = part.depth > 0;
    for (int t = part.first; t < part.last; t += MP) {
      for (int m = 0; m < MP; ++m) s.a[m] = tile(t + m);
      for (int m = 0; m < 2; ++m) s.next[m] = tile(t + MP + m);
      // Sums that no later range of depth adds to need two places by turns.
      const int place = part.g.depths > 1 ? t - part.first : (t - part.first) / MP % 2 * MP;
      s.c = part.sums + std::int64_t{place} * (NB * tile_bytes / 4);
      if (finish.holds(s.c)) finish.flush();
      Block::run(s, between);
      if (part.depth + 1 < part.g.depths) continue;
      const int left = part.last - t < MP ? part.last - t : MP;
      finish.take(s.c, to_ + std::int64_t{t} * tile_pixels, left * tile_pixels, channel, columns,
                  s.count);
    }
  }

  const ConvArgs& args_;
  const TilesPlan& p_;
  Stage stage_;
  TilesSource source_{};
  TileTarget target_{};
  TilesAhead ahead_{};
  std::byte* window_;
  float* sums_;
  std::int32_t *to_, *tile_at_, *step_at_, *ahead_at_;

  std::int64_t group_ = 0, plane_ = 0, plane_to_ = 0;
  int memory_d_ = 0, memory_h_ = 0;  // positions that the staged memory begins with
  int block_first_ = 0, block_last_ = 0;
  int tiles_ = 0, steps_ = 0, ahead_lines_ = 0;
};

}  // namespace
}  // namespace burin::kernels

// The micro-kernel as functions: from memory to memory, one per height and width of tile.
#pragma once

#include <cstdint>
#include <utility>

#include "kernels/element.h"
#include "kernels/epilogue.h"
#include "kernels/micro/activation.h"
#include "kernels/micro/of_type.h"
#include "kernels/micro/tile.h"

namespace burin::kernels {
namespace {

// Memory that is fetched during a call, some lines before each tap, so that they overlap with its
// multiply-adds: `runs` of `bytes` each, `step` bytes apart, from each of the rows. Fetched all at
// once they wait for each other.
struct TileAhead {
  const char* from = nullptr;
  const std::int64_t* rows = nullptr;  // bytes from there
  int count = 0;                       // of rows
  int runs = 0, bytes = 0;
  std::int64_t step = 0;
  int share = 0;  // lines of 64 bytes before each tap

  static constexpr int line = 64;
  void spread(int taps) noexcept {
    if (taps > 0) share = (count * runs * ((bytes + line - 1) / line) + taps - 1) / taps;
  }
};

// The place that it has come to.
class TileFetch {
 public:
  explicit TileFetch(const TileAhead& ahead) noexcept : ahead_(ahead) {}
  [[gnu::always_inline]] void next() noexcept {
    for (int left = ahead_.share; left > 0 && row_ < ahead_.count;) {
      const char* from = ahead_.from + ahead_.rows[row_] + run_ * ahead_.step;
      const int end = byte_ + left * TileAhead::line;
      const int last = end < ahead_.bytes ? end : ahead_.bytes;
      for (; byte_ < last; byte_ += TileAhead::line, --left) __builtin_prefetch(from + byte_, 0, 2);
      if (byte_ < ahead_.bytes) continue;
      byte_ = 0;
      if (++run_ < ahead_.runs) continue;
      run_ = 0;
      ++row_;
    }
  }

 private:
  const TileAhead& ahead_;
  int row_ = 0, run_ = 0, byte_ = 0;
};

// c[i][j] = act(start[i][j] + acc[i][j]) for `columns` columns, where start is the old c or the
// bias plus the residual.
template <class V>
struct TileCall {
  TileOperands<V> o;  // w_depth is ignored: it is the width of the tile
  // Taps behind the o.taps of the lists that the first, or the last row of the tile does not have.
  int taps_without_first, taps_without_last;
  Element type;  // of c and the residual: f32, or bf16 where V has it and nothing is added to c
  void* c;
  std::ptrdiff_t c_row;
  const float* bias;     // null: zero
  const void* residual;  // null: zero
  std::ptrdiff_t residual_row;
  int columns;  // the last vector may be cut, none is empty
  bool add_to_c;
  const void* next_c;  // c of the next call, fetched meanwhile
  TileAhead ahead;     // so are these
  Epilogue epilogue;
};
template <class V>
using TileFunction = void (*)(const TileCall<V>&) noexcept;

// f(i, j) for every register of a tile.
template <int MR, int NV, class F>
[[gnu::always_inline]] inline void each_register(const F& f) noexcept {
  unroll<MR>([&](auto i) __attribute__((always_inline)) {
    unroll<NV>([&](auto j) __attribute__((always_inline)) { f(i, j); });
  });
}

template <class V, int MR, int NV>
[[gnu::always_inline]] inline void activate(const Epilogue& e,
                                            typename V::reg (&acc)[MR][NV]) noexcept {
  const auto each = [&](const auto& f) __attribute__((always_inline)) {
    each_register<MR, NV>([&](auto i, auto j)
                              __attribute__((always_inline)) { acc[i][j] = f(acc[i][j]); });
  };
  if (e.activation == Activation::leaky_relu) {
    const typename V::reg slope = V::set(e.slope);
    each([&](typename V::reg v) __attribute__((always_inline)) { return leaky_relu<V>(slope, v); });
  } else if (e.activation == Activation::relu6) {
    each([](typename V::reg v) __attribute__((always_inline)) { return relu6<V>(v); });
  } else {
    each([](typename V::reg v) __attribute__((always_inline)) { return relu<V>(v); });
  }
}

// Rows of c, or rows of the bias (row 0), into the accumulators; `columns` in the last vector's
// range.
template <class V, int MR, int NV>
[[gnu::always_inline]] inline void load_tile(const float* from, std::ptrdiff_t row, int columns,
                                             typename V::reg (&acc)[MR][NV]) noexcept {
  const int last = columns - (NV - 1) * V::lanes;
  each_register<MR, NV>([&](auto i, auto j) __attribute__((always_inline)) {
    const float* p = from + i * row + j * V::lanes;
    acc[i][j] = j + 1 < NV || last == V::lanes ? V::load(p) : V::load(p, last);
  });
}

template <class V, int MR, int NV, class Number>
[[gnu::always_inline]] inline void add_tile(const Number* from, std::ptrdiff_t row, int columns,
                                            typename V::reg (&acc)[MR][NV]) noexcept {
  const int last = columns - (NV - 1) * V::lanes;
  each_register<MR, NV>([&](auto i, auto j) __attribute__((always_inline)) {
    const Number* p = from + i * row + j * V::lanes;
    acc[i][j] = V::add(acc[i][j], j + 1 < NV || last == V::lanes ? V::load(p) : V::load(p, last));
  });
}

template <class V, int MR, int NV, class Number>
[[gnu::always_inline]] inline void store_tile(Number* to, std::ptrdiff_t row, int columns,
                                              const typename V::reg (&acc)[MR][NV]) noexcept {
  const int last = columns - (NV - 1) * V::lanes;
  each_register<MR, NV>([&](auto i, auto j) __attribute__((always_inline)) {
    Number* p = to + i * row + j * V::lanes;
    if (j + 1 < NV || last == V::lanes)
      V::store(p, acc[i][j]);
    else
      V::store(p, acc[i][j], last);
  });
}

template <class V, int MR, int NV>
[[gnu::always_inline]] inline void accumulate_border(const TileCall<V>& call, TileOperands<V> o,
                                                     typename V::reg (&acc)[MR][NV]) noexcept {
  const auto nothing = [](int) __attribute__((always_inline)){};
  o.a_tap += o.taps;
  o.w_tap += o.taps;
  o.taps = call.taps_without_first;
  accumulate_rows<V, MR, NV, 1, MR - 1>(o, acc, nothing);
  o.a_tap += o.taps;
  o.w_tap += o.taps;
  o.taps = call.taps_without_last;
  accumulate_rows<V, MR, NV, 0, MR - 1>(o, acc, nothing);
}

// DepthIsOne: neighbours in depth are neighbours in memory (a_depth 1, of pairs 2); else rows are
// (a_row 1).
template <class V, int MR, int NV, bool DepthIsOne>
void tile(const TileCall<V>& call) noexcept {
  typename V::reg acc[MR][NV];
  each_register<MR, NV>([&](auto i, auto j)
                            __attribute__((always_inline)) { acc[i][j] = V::zero(); });
  if (call.add_to_c)
    load_tile<V, MR, NV>(static_cast<const float*>(call.c), call.c_row, call.columns, acc);
  else if (call.bias != nullptr)
    load_tile<V, MR, NV>(call.bias, 0, call.columns, acc);
  if (call.residual != nullptr && !call.add_to_c)
    of_type<V>(
        call.type, [&](auto number) __attribute__((always_inline)) {
          const auto* from = static_cast<const decltype(number)*>(call.residual);
          add_tile<V, MR, NV>(from, call.residual_row, call.columns, acc);
        });
  TileOperands<V> o = call.o;
  o.w_depth = NV * V::lanes * V::pair;
  if (DepthIsOne)
    o.a_depth = V::pair;
  else
    o.a_row = 1;
  const auto* const next = static_cast<const char*>(call.next_c);
  const std::ptrdiff_t bytes = V::bf16_activations ? bytes_of(call.type) : 4;
  TileFetch fetch(call.ahead);
  accumulate_rows<V, MR, NV, 0, MR>(
      o, acc, [&](int t) __attribute__((always_inline)) {
        fetch.next();
        for (int i = t; i < MR; i += o.taps)
          unroll<NV>([&](auto j) __attribute__((always_inline)) {
            __builtin_prefetch(next + (i * call.c_row + j * V::lanes) * bytes, 1);
          });
      });
  if constexpr (DepthIsOne && MR > 1)
    if (call.taps_without_first + call.taps_without_last > 0)
      accumulate_border<V, MR, NV>(call, o, acc);
  if (call.epilogue.activation != Activation::none) activate<V, MR, NV>(call.epilogue, acc);
  of_type<V>(
      call.type, [&](auto number) __attribute__((always_inline)) {
        auto* const to = static_cast<decltype(number)*>(call.c);
        store_tile<V, MR, NV>(to, call.c_row, call.columns, acc);
      });
}

template <class V, int NV, bool DepthIsOne, class Heights>
struct TileArray;
template <class V, int NV, bool DepthIsOne, int... I>
struct TileArray<V, NV, DepthIsOne, std::integer_sequence<int, I...>> {
  static constexpr TileFunction<V> at[] = {tile<V, I + 1, NV, DepthIsOne>...};  // [height - 1]
};

// The tiles of an instruction set: up to MR rows of two registers, or of one for few columns.
template <class V>
struct Tiles {
  static constexpr int mr = tile_rows<V>;
  static constexpr int nr = 2 * V::lanes;

  // Packed columns of the tile that serves `columns` (1..nr).
  static constexpr int width(int columns) noexcept {
    return columns > V::lanes ? 2 * V::lanes : V::lanes;
  }
  template <bool DepthIsOne>
  static TileFunction<V> of(int height, int columns) noexcept {
    using Heights = std::make_integer_sequence<int, mr>;
    return columns > V::lanes ? TileArray<V, 2, DepthIsOne, Heights>::at[height - 1]
                              : TileArray<V, 1, DepthIsOne, Heights>::at[height - 1];
  }
};

}  // namespace
}  // namespace burin::kernels

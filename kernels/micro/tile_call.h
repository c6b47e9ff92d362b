// The micro-kernel as functions: from memory to memory, one per height and width of tile.
#pragma once

#include <utility>

#include "kernels/epilogue.h"
#include "kernels/micro/tile.h"

namespace burin::kernels {
namespace {

// c[i][j] = act(start[j] + acc[i][j]) for `columns` columns, where start is the old c or the bias.
struct TileCall {
  TileOperands o;  // w_depth is the packed width of the tile and ignored
  float* c;
  std::ptrdiff_t c_row;
  const float* bias;  // null: zero
  int columns;        // the last vector may be cut, none is empty
  bool add_to_c;
  Epilogue epilogue;
};
using TileFunction = void (*)(const TileCall&) noexcept;

template <class V, int MR, int NV>
[[gnu::always_inline]] inline void activate(const Epilogue& e,
                                            typename V::reg (&acc)[MR][NV]) noexcept {
  const typename V::reg zero = V::zero(), six = V::set(6.0f), slope = V::set(e.slope);
  const auto each = [&](const auto& f) __attribute__((always_inline)) {
    for (int i = 0; i < MR; ++i)
      for (int j = 0; j < NV; ++j) acc[i][j] = f(acc[i][j]);
  };
  if (e.activation == Activation::relu)
    each([&](typename V::reg v) { return V::max(v, zero); });
  else if (e.activation == Activation::relu6)
    each([&](typename V::reg v) { return V::min(V::max(v, zero), six); });
  else if (e.activation == Activation::leaky_relu)
    each([&](typename V::reg v) { return V::mac(slope, V::min(v, zero), V::max(v, zero)); });
}

// Rows of c, or rows of the bias (stride 0), into the accumulators.
template <class V, int MR, int NV>
[[gnu::always_inline]] inline void load_tile(const float* from, std::ptrdiff_t row, int columns,
                                             typename V::reg (&acc)[MR][NV]) noexcept {
  if (columns == NV * V::lanes) {
    for (int i = 0; i < MR; ++i)
      for (int j = 0; j < NV; ++j) acc[i][j] = V::load(from + i * row + j * V::lanes);
    return;
  }
  for (int i = 0; i < MR; ++i)
    for (int j = 0; j < NV; ++j)
      acc[i][j] = j + 1 < NV ? V::load(from + i * row + j * V::lanes)
                             : V::load(from + i * row + j * V::lanes, columns - j * V::lanes);
}

template <class V, int MR, int NV>
[[gnu::always_inline]] inline void store_tile(float* to, std::ptrdiff_t row, int columns,
                                              const typename V::reg (&acc)[MR][NV]) noexcept {
  if (columns == NV * V::lanes) {
    for (int i = 0; i < MR; ++i)
      for (int j = 0; j < NV; ++j) V::store(to + i * row + j * V::lanes, acc[i][j]);
    return;
  }
  for (int i = 0; i < MR; ++i)
    for (int j = 0; j < NV; ++j) {
      if (j + 1 < NV)
        V::store(to + i * row + j * V::lanes, acc[i][j]);
      else
        V::store(to + i * row + j * V::lanes, acc[i][j], columns - j * V::lanes);
    }
}

// DepthIsOne: neighbours in depth are neighbours in memory (a_depth 1); else rows are (a_row 1).
template <class V, int MR, int NV, bool DepthIsOne>
void tile(const TileCall& call) noexcept {
  typename V::reg acc[MR][NV];
  if (call.add_to_c) {
    load_tile<V, MR, NV>(call.c, call.c_row, call.columns, acc);
  } else if (call.bias != nullptr) {
    load_tile<V, MR, NV>(call.bias, 0, call.columns, acc);
  } else {
    for (int i = 0; i < MR; ++i)
      for (int j = 0; j < NV; ++j) acc[i][j] = V::zero();
  }
  TileOperands o = call.o;
  o.w_depth = NV * V::lanes;
  if (DepthIsOne)
    o.a_depth = 1;
  else
    o.a_row = 1;
  accumulate<V, MR, NV>(o, acc);
  if (call.epilogue.activation != Activation::none) activate<V, MR, NV>(call.epilogue, acc);
  store_tile<V, MR, NV>(call.c, call.c_row, call.columns, acc);
}

template <class V, int NV, bool DepthIsOne, class Heights>
struct TileArray;
template <class V, int NV, bool DepthIsOne, int... I>
struct TileArray<V, NV, DepthIsOne, std::integer_sequence<int, I...>> {
  static constexpr TileFunction at[] = {tile<V, I + 1, NV, DepthIsOne>...};  // [height - 1]
};

// The tiles of an instruction set: up to MR rows of two registers, or of one for few columns.
template <class V>
struct Tiles {
  static constexpr int mr = V::registers == 32 ? 14 : 6;
  static constexpr int nr = 2 * V::lanes;

  // Packed columns of the tile that serves `columns` (1..nr).
  static constexpr int width(int columns) noexcept {
    return columns > V::lanes ? 2 * V::lanes : V::lanes;
  }
  template <bool DepthIsOne>
  static TileFunction of(int height, int columns) noexcept {
    using Heights = std::make_integer_sequence<int, mr>;
    return columns > V::lanes ? TileArray<V, 2, DepthIsOne, Heights>::at[height - 1]
                              : TileArray<V, 1, DepthIsOne, Heights>::at[height - 1];
  }
};

}  // namespace
}  // namespace burin::kernels

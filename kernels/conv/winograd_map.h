// Two-dimensional maps made of one-dimensional ones.
#pragma once

namespace burin::kernels {
namespace {

// out = T in T^t for a map T from `from` to `to` numbers: T down the columns, then along the rows.
template <class V, int from, int to, class Map, class Load, class Store>
[[gnu::always_inline]] inline void map_2d(Map map, Load load, Store store) noexcept {
  typename V::reg t[to][from];
#pragma GCC unroll 8
  for (int j = 0; j < from; ++j) {
    typename V::reg d[from], r[to];
#pragma GCC unroll 8
    for (int i = 0; i < from; ++i) d[i] = load(i, j);
    map(d, r);
#pragma GCC unroll 8
    for (int i = 0; i < to; ++i) t[i][j] = r[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < to; ++i) {
    typename V::reg r[to];
    map(t[i], r);
#pragma GCC unroll 8
    for (int j = 0; j < to; ++j) store(i, j, r[j]);
  }
}

}  // namespace
}  // namespace burin::kernels

// The depth axis of a three-dimensional Winograd convolution: it is taken point by point, each point
// a sum of slices with the factors of a row of the map's matrix. What a plane needs (V, M, U) then
// exists for one point at a time.
#pragma once

#include "kernels/conv/winograd_transform.h"

namespace burin::kernels {
namespace {

// The vocabulary of simd/ with one lane, for the matrices of maps.
struct WinogradNumber {
  using reg = float;
  static constexpr reg set(float v) noexcept { return v; }
  static constexpr reg mac(reg a, reg b, reg c) noexcept { return a * b + c; }
  static constexpr reg add(reg a, reg b) noexcept { return a + b; }
  static constexpr reg sub(reg a, reg b) noexcept { return a - b; }
  static constexpr reg mul(reg a, reg b) noexcept { return a * b; }
};

template <int rows, int columns>
struct WinogradMatrix {
  float at[rows][columns] = {};

  // Of a map from `columns` to `rows` numbers.
  template <class Map>
  static constexpr WinogradMatrix of(Map map) noexcept {
    WinogradMatrix matrix;
    for (int j = 0; j < columns; ++j) {
      float unit[columns] = {}, column[rows] = {};
      unit[j] = 1;
      map(unit, column);
      for (int i = 0; i < rows; ++i) matrix.at[i][j] = column[i];
    }
    return matrix;
  }

  // Most factors of a row that are not zero.
  [[nodiscard]] constexpr int widest() const noexcept {
    int most = 0;
    for (const auto& row : at) {
      int count = 0;
      for (const float factor : row) count += factor != 0 ? 1 : 0;
      most = count > most ? count : most;
    }
    return most;
  }
};

template <class D>
constexpr auto winograd_input = WinogradMatrix<D::points, D::points>::of([](const auto& d,
                                                                            auto& t) {
  D::template input<WinogradNumber>(d, t);
});
template <class D>
constexpr auto winograd_output = WinogradMatrix<D::m, D::points>::of([](const auto& p, auto& y) {
  D::template output<WinogradNumber>(p, y);
});
template <class D>
constexpr auto winograd_kernel = WinogradMatrix<D::points, D::taps>::of([](const auto& g, auto& u) {
  D::template kernel<WinogradNumber>(g, u);
});
template <class D>
constexpr auto winograd_gradient = WinogradMatrix<D::points, D::m>::of([](const auto& dy, auto& w) {
  D::template gradient<WinogradNumber>(dy, w);
});

// Points in the order that completes outputs early: 0 and infinity, which end the first and the
// last output, come last.
template <class D>
constexpr int winograd_point(int step) noexcept {
  if (D::points == 1) return 0;
  if (step == D::points - 1) return step;
  return step == D::points - 2 ? 0 : step + 1;
}

// What the point of a step does to output slice k.
struct WinogradShare {
  float factor = 0;  // 0: nothing
  bool first = false, last = false;
};
template <class D>
constexpr WinogradShare winograd_share(int step, int k) noexcept {
  WinogradShare share{winograd_output<D>.at[k][winograd_point<D>(step)], true, true};
  for (int s = 0; s < D::points; ++s) {
    if (winograd_output<D>.at[k][winograd_point<D>(s)] == 0) continue;
    if (s < step) share.first = false;
    if (s > step) share.last = false;
  }
  return share;
}

}  // namespace
}  // namespace burin::kernels

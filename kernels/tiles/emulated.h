// The words of simd/amx.h in plain C++: the same logic over arrays, for tests on any CPU.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/bf16.h"

namespace burin::kernels {
namespace {

struct EmulatedTiles {
  static constexpr int lanes = 16;
  static constexpr int registers = 32;
  struct reg {
    float v[lanes];
  };
  struct pair {
    std::uint16_t v[2 * lanes];
  };

  static void begin() { std::memset(tiles, 0xff, sizeof(tiles)); }
  static void end() { std::memset(tiles, 0xff, sizeof(tiles)); }

  template <int tile>
  static void clear() {
    std::memset(tiles[tile], 0, sizeof(tiles[tile]));
  }
  template <int tile>
  static void load_tile(const void* p, std::ptrdiff_t row) {
    for (int i = 0; i < 16; ++i)
      std::memcpy(tiles[tile][i], static_cast<const std::byte*>(p) + i * row, 64);
  }
  template <int tile>
  static void store_tile(void* p, std::ptrdiff_t row) {
    for (int i = 0; i < 16; ++i)
      std::memcpy(static_cast<std::byte*>(p) + i * row, tiles[tile][i], 64);
  }
  template <int c, int a, int b>
  static void multiply_bf16() {
    float factor[32][16], sums[16][16];
    std::memcpy(sums, tiles[c], sizeof(sums));
    for (int k = 0; k < 32; ++k)
      for (int n = 0; n < 16; ++n) factor[k][n] = number(b, k / 2, 2 * n + k % 2);
    for (int i = 0; i < 16; ++i)
      for (int k = 0; k < 32; ++k) {
        const float value = number(a, i, k);
        for (int n = 0; n < 16; ++n) sums[i][n] += value * factor[k][n];
      }
    std::memcpy(tiles[c], sums, sizeof(sums));
  }

  static reg zero() { return {}; }
  static reg set(float value) {
    reg r;
    std::fill(r.v, r.v + lanes, value);
    return r;
  }
  static reg load(const float* p, int count = lanes) {
    reg r{};
    std::copy(p, p + std::min(count, lanes), r.v);
    return r;
  }
  static reg add(const reg& a, const reg& b) {
    return each([&](int i) { return a.v[i] + b.v[i]; });
  }
  static reg sub(const reg& a, const reg& b) {
    return each([&](int i) { return a.v[i] - b.v[i]; });
  }
  static reg mac(const reg& a, const reg& b, const reg& c) {
    return each([&](int i) { return a.v[i] * b.v[i] + c.v[i]; });
  }
  // As on x86: the second where one is NaN.
  static reg max(const reg& a, const reg& b) {
    return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static reg min(const reg& a, const reg& b) {
    return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  static void store(float* p, const reg& r, int count = lanes) {
    std::copy(r.v, r.v + std::min(count, lanes), p);
  }

  static void stream(float* p, const reg& r) { store(p, r); }
  static void stream_pair(void* p, const pair& v) { store_pair(p, v); }
  static void fence() {}

  static pair zero_pair() { return {}; }
  static pair round(const reg& low, const reg& high) {
    pair p;
    for (int i = 0; i < lanes; ++i) {
      p.v[i] = round_bf16(low.v[i]);
      p.v[lanes + i] = round_bf16(high.v[i]);
    }
    return p;
  }
  static reg low(const pair& p) {
    return each([&](int i) { return widen_bf16(p.v[i]); });
  }
  static reg high(const pair& p) {
    return each([&](int i) { return widen_bf16(p.v[lanes + i]); });
  }
  static pair load_pair(const void* p, int count = 2 * lanes) {
    pair r{};
    std::memcpy(r.v, p, 2 * static_cast<std::size_t>(std::min(count, 2 * lanes)));
    return r;
  }
  static void store_pair(void* p, const pair& v, int count = 2 * lanes) {
    std::memcpy(p, v.v, 2 * static_cast<std::size_t>(std::min(count, 2 * lanes)));
  }

  static pair zip(const pair& v) {
    pair upper{};
    std::copy(v.v + lanes, v.v + 2 * lanes, upper.v);
    return zip(v, upper);
  }
  static pair zip(const pair& a, const pair& b) {
    pair p;
    for (int i = 0; i < lanes; ++i) {
      p.v[2 * i] = a.v[i];
      p.v[2 * i + 1] = b.v[i];
    }
    return p;
  }
  static reg first(const pair& zipped) {
    return each([&](int i) { return widen_bf16(zipped.v[2 * i]); });
  }
  static reg second(const pair& zipped) {
    return each([&](int i) { return widen_bf16(zipped.v[2 * i + 1]); });
  }
  static pair between(const pair& a, const pair& b) {
    pair p;
    for (int i = 0; i < lanes; ++i) {
      p.v[2 * i] = a.v[2 * i + 1];
      p.v[2 * i + 1] = b.v[2 * i];
    }
    return p;
  }
  static void transpose(void* tile) {
    std::uint32_t rows[16][16], columns[16][16];
    std::memcpy(rows, tile, sizeof(rows));
    for (int i = 0; i < 16; ++i)
      for (int j = 0; j < 16; ++j) columns[j][i] = rows[i][j];
    std::memcpy(tile, columns, sizeof(columns));
  }

 private:
  template <class F>
  static reg each(const F& f) {
    reg r;
    for (int i = 0; i < lanes; ++i) r.v[i] = f(i);
    return r;
  }
  static float number(int tile, int row, int at) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, tiles[tile][row] + 2 * at, sizeof(bits));
    return widen_bf16(bits);
  }

  static inline thread_local std::byte tiles[8][16][64];
};

}  // namespace
}  // namespace burin::kernels

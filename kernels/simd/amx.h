// The words of AMX: eight tiles of 16 rows x 64 bytes, and AVX-512 with bf16 for what goes in and
// comes out of them. Include only from files built with its flags, as avx512.h.
//
// A tile holds 16 x 16 sums in f32, 16 rows of 32 numbers in bf16, or the 32 x 16 numbers of the
// other factor as 16 rows of 16 pairs: b[r][n] = (w[2r][n], w[2r+1][n]).
//
// GCC 12 has macros for the tile instructions that take literal numbers and name no clobber; these
// take template arguments and keep their order with memory.
#pragma once

#include <cstddef>

#include "kernels/element.h"
#include "kernels/simd/avx512.h"
#include "kernels/simd/tile_configuration.h"

namespace burin::kernels {
namespace {

struct Amx : Avx512 {
  // Between the two a thread may use tiles.
  static void begin() {
    const TileConfiguration configuration;
    __asm__ volatile("ldtilecfg %0" ::"m"(configuration));
  }
  static void end() { __asm__ volatile("tilerelease" ::: "memory"); }

  template <int tile>
  static void clear() {
    __asm__ volatile("tilezero %%tmm%c0" ::"i"(tile));
  }
  // Rows are `row` bytes apart.
  template <int tile>
  static void load_tile(const void* p, std::ptrdiff_t row) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(p), "r"(row), "i"(tile) : "memory");
  }
  template <int tile>
  static void store_tile(void* p, std::ptrdiff_t row) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(p), "r"(row), "i"(tile) : "memory");
  }
  // c[i][n] += sum over k of a[i][k] * b[k][n]; denormals count as zero.
  template <int c, int a, int b>
  static void multiply_bf16() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(c), "i"(a), "i"(b));
  }
  // The same for u8 x s8 into s32, 64 deep; b in fours.
  template <int c, int a, int b>
  static void multiply_u8s8() {
    __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(c), "i"(a), "i"(b));
  }

  // 32 numbers in bf16.
  using pair = __m512i;
  static pair zero_pair() { return _mm512_setzero_si512(); }
  // To nearest, ties to even.
  static pair round(reg low, reg high) {
    return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
  }
  static reg low(pair p) { return widen(_mm512_castsi512_si256(p)); }
  static reg high(pair p) { return widen(_mm512_extracti64x4_epi64(p, 1)); }
  static pair load_pair(const void* p) { return _mm512_loadu_si512(p); }
  static pair load_pair(const void* p, int count) {
    return _mm512_maskz_loadu_epi16(pair_mask(count), p);
  }
  static void store_pair(void* p, pair v) { _mm512_storeu_si512(p, v); }
  // p aligned to 64 bytes; pair with fence().
  static void stream_pair(void* p, pair v) { _mm512_stream_si512(static_cast<__m512i*>(p), v); }
  static void store_pair(void* p, pair v, int count) {
    _mm512_mask_storeu_epi16(p, pair_mask(count), v);
  }

 private:
  static reg widen(__m256i half) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
  }
  static __mmask32 pair_mask(int count) {
    return static_cast<__mmask32>(count >= 32 ? 0xffffffffu : (1u << count) - 1u);
  }
};

}  // namespace
}  // namespace burin::kernels

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

  // Numbers in turns: of the lower and the upper half of v; of the lower halves of two.
  static pair zip(pair v) {
    const __m512i order =
        _mm512_set_epi32(0x001f000f, 0x001e000e, 0x001d000d, 0x001c000c, 0x001b000b, 0x001a000a,
                         0x00190009, 0x00180008, 0x00170007, 0x00160006, 0x00150005, 0x00140004,
                         0x00130003, 0x00120002, 0x00110001, 0x00100000);
    return _mm512_permutexvar_epi16(order, v);
  }
  static pair zip(pair a, pair b) {
    return zip(_mm512_inserti64x4(a, _mm512_castsi512_si256(b), 1));
  }
  static reg first(pair zipped) { return _mm512_castsi512_ps(_mm512_slli_epi32(zipped, 16)); }
  static reg second(pair zipped) {
    return _mm512_castsi512_ps(_mm512_and_si512(zipped, _mm512_set1_epi32(-65536)));
  }
  // (second of a, first of b) of each place.
  static pair between(pair a, pair b) {
    return _mm512_or_si512(_mm512_srli_epi32(a, 16), _mm512_slli_epi32(b, 16));
  }
  // 16 rows of 16 pairs, in place.
  static void transpose(void* tile) {
    auto* const rows = static_cast<__m512i*>(tile);
    __m512i r[16];  // r[4g + c]: rows 4g.. of columns c, 4 + c, 8 + c, 12 + c
    for (int i = 0; i < 16; i += 4) {
      const __m512i a = rows[i], b = rows[i + 1], c = rows[i + 2], d = rows[i + 3];
      const __m512i ab = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b);
      const __m512i cd = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
      r[i] = _mm512_unpacklo_epi64(ab, cd);
      r[i + 1] = _mm512_unpackhi_epi64(ab, cd);
      r[i + 2] = _mm512_unpacklo_epi64(ab_high, cd_high);
      r[i + 3] = _mm512_unpackhi_epi64(ab_high, cd_high);
    }
    for (int i = 0; i < 4; ++i) {
      const __m512i a = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88),
                    b = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88),
                    c = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd),
                    d = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
      rows[i] = _mm512_shuffle_i32x4(a, b, 0x88);
      rows[4 + i] = _mm512_shuffle_i32x4(c, d, 0x88);
      rows[8 + i] = _mm512_shuffle_i32x4(a, b, 0xdd);
      rows[12 + i] = _mm512_shuffle_i32x4(c, d, 0xdd);
    }
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

// The words of AVX512_BF16: those of avx512.h, activations of two bytes, and products of bf16.
// Include as avx512.h.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/simd/avx512.h"

namespace burin::kernels {
namespace {

// Activations may be bf16 (the upper half of an f32, bf16.h); products are those of f32.
struct Avx512Bf16 : Avx512 {
  static constexpr bool bf16_activations = true;

  using Avx512::load;
  using Avx512::store;
  static reg load(const std::uint16_t* p) {
    return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static reg load(const std::uint16_t* p, int count) {
    return widen(_mm256_maskz_loadu_epi16(mask_of(count), p));
  }
  // To nearest, ties to even; what is too small for a normal number becomes zero.
  static void store(std::uint16_t* p, reg r) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow(r));
  }
  static void store(std::uint16_t* p, reg r, int count) {
    _mm256_mask_storeu_epi16(p, mask_of(count), narrow(r));
  }

 protected:
  static reg widen(__m256i half) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
  }
  static __m256i narrow(reg r) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(r)); }
};

// A lane of an operand is a pair of neighbours in depth, both in bf16: a product of pairs, which
// mac_into() adds, is two multiply-adds. All other words, mac() too, are those of f32.
struct Avx512Bf16Pairs : Avx512Bf16 {
  using number = std::uint16_t;
  static constexpr int pair = 2;

  static reg operand(const number* p) { return _mm512_castsi512_ps(_mm512_loadu_si512(p)); }
  static reg broadcast(const number* p) {
    int both;
    std::memcpy(&both, p, sizeof both);
    return _mm512_castsi512_ps(_mm512_set1_epi32(both));
  }
  // Of every lane the even and the odd neighbour.
  static void store_pairs(number* p, reg even, reg odd) {
    const __m512i low = _mm512_cvtepu16_epi32(narrow(even));
    const __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow(odd)), 16);
    _mm512_storeu_si512(p, _mm512_or_si512(low, high));
  }
  static void mac_into(reg& c, reg a, reg b) {
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  }
};

}  // namespace
}  // namespace burin::kernels

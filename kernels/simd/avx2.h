// The words of AVX2 + FMA for f32: the same as avx512.h, eight lanes.
#pragma once

#include <immintrin.h>

namespace burin::kernels {
namespace {

struct Avx2 {
  using reg = __m256;
  static constexpr int lanes = 8;
  static constexpr int registers = 16;
  using number = float;
  static constexpr int pair = 1;
  static constexpr bool bf16_activations = false;

  static __m256i mask_of(int count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane);
  }
  static reg zero() { return _mm256_setzero_ps(); }
  static reg set(float value) { return _mm256_set1_ps(value); }
  static reg load(const float* p) { return _mm256_loadu_ps(p); }
  static reg load(const float* p, int count) { return _mm256_maskload_ps(p, mask_of(count)); }
  static reg operand(const float* p) { return load(p); }
  static reg broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  static reg mac(reg a, reg b, reg c) { return _mm256_fmadd_ps(a, b, c); }
  // c += a*b, in place; see avx512.h.
  static void mac_into(reg& c, reg a, reg b) {
    __asm__("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
  }
  static reg add(reg a, reg b) { return _mm256_add_ps(a, b); }
  static reg sub(reg a, reg b) { return _mm256_sub_ps(a, b); }
  static reg mul(reg a, reg b) { return _mm256_mul_ps(a, b); }
  static reg max(reg a, reg b) { return _mm256_max_ps(a, b); }
  static reg min(reg a, reg b) { return _mm256_min_ps(a, b); }
  static void store(float* p, reg r) { _mm256_storeu_ps(p, r); }
  static void store(float* p, reg r, int count) { _mm256_maskstore_ps(p, mask_of(count), r); }
  // p aligned to 32 bytes; pair with fence().
  static void stream(float* p, reg r) { _mm256_stream_ps(p, r); }
  static void fence() { _mm_sfence(); }
};

}  // namespace
}  // namespace burin::kernels

// The words of AVX-512 for f32. Include only from files built with its flags, inside their
// anonymous namespace's reach: everything here has internal linkage so that no copy compiled for
// this level can serve another.
#pragma once

#include <immintrin.h>

namespace burin::kernels {
namespace {

struct Avx512 {
  using reg = __m512;
  static constexpr int lanes = 16;
  static constexpr int registers = 32;
  using number = float;                            // of an operand of products
  static constexpr int pair = 1;                   // neighbours in depth that share a lane of one
  static constexpr bool bf16_activations = false;  // load() and store() take them

  static __mmask16 mask_of(int count) {
    return static_cast<__mmask16>(count >= lanes ? 0xffffu : (1u << count) - 1u);
  }
  static reg zero() { return _mm512_setzero_ps(); }
  static reg set(float value) { return _mm512_set1_ps(value); }
  static reg load(const float* p) { return _mm512_loadu_ps(p); }
  static reg load(const float* p, int count) { return _mm512_maskz_loadu_ps(mask_of(count), p); }
  static reg operand(const float* p) { return load(p); }
  static reg broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static reg mac(reg a, reg b, reg c) { return _mm512_fmadd_ps(a, b, c); }
  // c += a*b, in place. Inside of large tiles GCC 12 and clang 14 otherwise pick forms of the
  // instruction that overwrite a factor, and then move and spill accumulators.
  static void mac_into(reg& c, reg a, reg b) {
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  }
  static reg add(reg a, reg b) { return _mm512_add_ps(a, b); }
  static reg sub(reg a, reg b) { return _mm512_sub_ps(a, b); }
  static reg mul(reg a, reg b) { return _mm512_mul_ps(a, b); }
  static reg max(reg a, reg b) { return _mm512_max_ps(a, b); }
  static reg min(reg a, reg b) { return _mm512_min_ps(a, b); }
  static reg round(reg a) { return _mm512_roundscale_ps(a, 0); }  // to whole numbers, ties to even
  static reg scale(reg a, reg power) { return _mm512_scalef_ps(a, power); }  // a * 2^power
  // 1 / a within one unit in the last place, 0 of infinity; a > 0. A division takes twice as long.
  static reg reciprocal(reg a) {
    const reg y = _mm512_rcp14_ps(a);
    const __mmask16 finite = _mm512_cmp_ps_mask(a, _mm512_set1_ps(__builtin_inff()), _CMP_NEQ_UQ);
    return _mm512_maskz_fmadd_ps(finite, y, _mm512_fnmadd_ps(a, y, _mm512_set1_ps(1.0f)), y);
  }
  static void store(float* p, reg r) { _mm512_storeu_ps(p, r); }
  static void store(float* p, reg r, int count) { _mm512_mask_storeu_ps(p, mask_of(count), r); }
  // p aligned to 64 bytes; pair with fence().
  static void stream(float* p, reg r) { _mm512_stream_ps(p, r); }
  static void fence() { _mm_sfence(); }
};

}  // namespace
}  // namespace burin::kernels

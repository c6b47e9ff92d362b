// Loops that do nothing but multiply, read or write: what no kernel can exceed. Inline assembly, so
// that no compiler removes them and no file needs instruction-set flags; call only where the CPU
// has the level.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu.h"
#include "kernels/simd/tile_configuration.h"

namespace burin::kernels {

// The arithmetic loops return the operations done, two per multiply-add. Twelve independent sums
// hide the latency of four cycles on two ports.

// `steps` times 12 independent f32 multiply-adds of one register on this thread, at the level `isa`
// (avx2: 256 bits; avx512 and above: 512 bits; reference: nothing).
inline double fma_loop(Isa isa, long steps) {
  if (isa == Isa::reference || steps <= 0) return 0;
  const double lanes = isa == Isa::avx2 ? 8 : 16;
  const double operations = static_cast<double>(steps) * 12 * 2 * lanes;
  if (isa == Isa::avx2)
    asm volatile(
        "vzeroall\n"
        "1: .irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n"
        "vfmadd231ps %%ymm12, %%ymm13, %%ymm\\r\n"
        ".endr\n"
        "dec %0\n jnz 1b\n vzeroupper\n"
        : "+r"(steps)
        :
        : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  else
    asm volatile(
        "vzeroall\n"
        "1: .irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n"
        "vfmadd231ps %%zmm12, %%zmm13, %%zmm\\r\n"
        ".endr\n"
        "dec %0\n jnz 1b\n vzeroupper\n"
        : "+r"(steps)
        :
        : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return operations;
}

inline double fma_avx2(long steps) { return fma_loop(Isa::avx2, steps); }
inline double fma_avx512(long steps) { return fma_loop(Isa::avx512, steps); }

// u8 x s8, sums of four into 16 x s32.
inline double vnni_loop(long steps) {
  const double operations = static_cast<double>(steps) * 12 * 2 * 64;
  asm volatile(
      "vzeroall\n"
      "1: .irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n"
      "vpdpbusd %%zmm12, %%zmm13, %%zmm\\r\n"
      ".endr\n"
      "dec %0\n jnz 1b\n vzeroupper\n"
      : "+r"(steps)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return operations;
}

// bf16 pairs into 16 x f32.
inline double bf16_loop(long steps) {
  const double operations = static_cast<double>(steps) * 12 * 2 * 32;
  asm volatile(
      "vzeroall\n"
      "1: .irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n"
      "vdpbf16ps %%zmm12, %%zmm13, %%zmm\\r\n"
      ".endr\n"
      "dec %0\n jnz 1b\n vzeroupper\n"
      : "+r"(steps)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return operations;
}

// Tiles 0-3 are sums, 4-5 rows of a, 6-7 columns of b, as in a kernel. 16x16 results, depth 32.
inline double amx_bf16_loop(long steps) {
  const TileConfiguration configuration;
  const double operations = static_cast<double>(steps) * 4 * 2 * 16 * 16 * 32;
  asm volatile(
      "ldtilecfg %1\n"
      "tilezero %%tmm0\n tilezero %%tmm1\n tilezero %%tmm2\n tilezero %%tmm3\n"
      "tilezero %%tmm4\n tilezero %%tmm5\n tilezero %%tmm6\n tilezero %%tmm7\n"
      "1: tdpbf16ps %%tmm6, %%tmm4, %%tmm0\n tdpbf16ps %%tmm7, %%tmm4, %%tmm1\n"
      "tdpbf16ps %%tmm6, %%tmm5, %%tmm2\n tdpbf16ps %%tmm7, %%tmm5, %%tmm3\n"
      "dec %0\n jnz 1b\n tilerelease\n"
      : "+r"(steps)
      : "m"(configuration)
      : "cc", "memory");
  return operations;
}

// The same for u8 x s8, depth 64.
inline double amx_int8_loop(long steps) {
  const TileConfiguration configuration;
  const double operations = static_cast<double>(steps) * 4 * 2 * 16 * 16 * 64;
  asm volatile(
      "ldtilecfg %1\n"
      "tilezero %%tmm0\n tilezero %%tmm1\n tilezero %%tmm2\n tilezero %%tmm3\n"
      "tilezero %%tmm4\n tilezero %%tmm5\n tilezero %%tmm6\n tilezero %%tmm7\n"
      "1: tdpbusd %%tmm6, %%tmm4, %%tmm0\n tdpbusd %%tmm7, %%tmm4, %%tmm1\n"
      "tdpbusd %%tmm6, %%tmm5, %%tmm2\n tdpbusd %%tmm7, %%tmm5, %%tmm3\n"
      "dec %0\n jnz 1b\n tilerelease\n"
      : "+r"(steps)
      : "m"(configuration)
      : "cc", "memory");
  return operations;
}

// Memory: `bytes` is a multiple of 512 and `data` 64-byte aligned. With `wide`, 64-byte registers.
// Return the bytes moved.

inline double read_loop(const std::byte* data, std::size_t bytes, bool wide) {
  const std::byte* end = data + bytes;
  if (wide)
    asm volatile(
        "1: .irp o, 0, 64, 128, 192, 256, 320, 384, 448\n"
        "vmovaps \\o(%0), %%zmm0\n"
        ".endr\n"
        "add $512, %0\n cmp %1, %0\n jb 1b\n vzeroupper\n"
        : "+r"(data)
        : "r"(end)
        : "cc", "memory", "xmm0");
  else
    asm volatile(
        "1: .irp o, 0, 32, 64, 96, 128, 160, 192, 224\n"
        "vmovaps \\o(%0), %%ymm0\n"
        ".endr\n"
        "add $256, %0\n cmp %1, %0\n jb 1b\n vzeroupper\n"
        : "+r"(data)
        : "r"(end)
        : "cc", "memory", "xmm0");
  return static_cast<double>(bytes);
}

inline double write_loop(std::byte* data, std::size_t bytes, bool wide) {
  std::byte* end = data + bytes;
  if (wide)
    asm volatile(
        "vpxor %%xmm0, %%xmm0, %%xmm0\n"
        "1: .irp o, 0, 64, 128, 192, 256, 320, 384, 448\n"
        "vmovaps %%zmm0, \\o(%0)\n"
        ".endr\n"
        "add $512, %0\n cmp %1, %0\n jb 1b\n vzeroupper\n"
        : "+r"(data)
        : "r"(end)
        : "cc", "memory", "xmm0");
  else
    asm volatile(
        "vpxor %%xmm0, %%xmm0, %%xmm0\n"
        "1: .irp o, 0, 32, 64, 96, 128, 160, 192, 224\n"
        "vmovaps %%ymm0, \\o(%0)\n"
        ".endr\n"
        "add $256, %0\n cmp %1, %0\n jb 1b\n vzeroupper\n"
        : "+r"(data)
        : "r"(end)
        : "cc", "memory", "xmm0");
  return static_cast<double>(bytes);
}

// Past the caches: the line is not read before it is written.
inline double stream_loop(std::byte* data, std::size_t bytes) {
  std::byte* end = data + bytes;
  asm volatile(
      "vpxor %%xmm0, %%xmm0, %%xmm0\n"
      "1: .irp o, 0, 32, 64, 96, 128, 160, 192, 224\n"
      "vmovntps %%ymm0, \\o(%0)\n"
      ".endr\n"
      "add $256, %0\n cmp %1, %0\n jb 1b\n sfence\n vzeroupper\n"
      : "+r"(data)
      : "r"(end)
      : "cc", "memory", "xmm0");
  return static_cast<double>(bytes);
}

}  // namespace burin::kernels

// How the microbenchmarks measure: wall time, medians of interleaved rounds, and the multiply-add
// ceiling of this CPU in the same run.
//
// Guests share their cores: one timing may be off by 2x, while the ratio of two programs that take
// turns stays within a few per cent.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "kernels/cpu.h"

namespace burin::perf {

// Seconds that f() takes.
template <class F>
[[nodiscard]] double seconds(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Upper median; 0 for no numbers.
[[nodiscard]] inline double median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

// Runs the candidates by turns, `rounds` times after one turn that is not counted; returns the
// median seconds of each.
[[nodiscard]] inline std::vector<double> interleave(
    const std::vector<std::function<void()>>& candidates, int rounds) {
  std::vector<std::vector<double>> times(candidates.size());
  for (int round = -1; round < rounds; ++round)
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double t = seconds(candidates[i]);
      if (round >= 0) times[i].push_back(t);
    }
  std::vector<double> medians;
  for (auto& t : times) medians.push_back(median(std::move(t)));
  return medians;
}

// Enough rounds for about `budget` seconds when one turn takes `turn` seconds; 5 to 101.
[[nodiscard]] inline int rounds_for(double turn, double budget) {
  return std::clamp(static_cast<int>(budget / std::max(turn, 1e-6)), 5, 101);
}

// `steps` times 12 independent f32 multiply-adds of one register on this thread, at the level `isa`
// (avx2: 256 bits; avx512 and above: 512 bits; reference: nothing). Returns the operations done,
// two per multiply-add.
inline double fma_loop(kernels::Isa isa, long steps) {
  if (isa == kernels::Isa::reference || steps <= 0) return 0;
  const double lanes = isa == kernels::Isa::avx2 ? 8 : 16;
  const double operations = static_cast<double>(steps) * 12 * 2 * lanes;
  if (isa == kernels::Isa::avx2)
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

}  // namespace burin::perf

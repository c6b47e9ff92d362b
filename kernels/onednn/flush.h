// Flush-to-zero and denormals-are-zero while oneDNN runs, as in the engine's own tasks.
#pragma once

#include <xmmintrin.h>

namespace burin::kernels::onednn {

// The mode is a thread's own. oneDNN's parallel regions run on the threads that a region here runs
// on: OpenMP keeps one team for each calling thread. Afterwards all have the caller's old mode.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : before_(_mm_getcsr()) { set(before_ | 0x8040u); }
  ~FlushDenormals() { set(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  static void set(unsigned mode) noexcept {
    _mm_setcsr(mode);  // before the region: LLVM's OpenMP hands the caller's mode to its threads,
#pragma omp parallel
    _mm_setcsr(mode);  // GCC's does not
  }

  unsigned before_;
};

}  // namespace burin::kernels::onednn

// A vector of channels: xsimd's batch, with the masked ends of the level's own words. For families
// that work a pixel at a time on any number of channels.
#pragma once

#include <xsimd/xsimd.hpp>

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct Lanes {
  using batch = xsimd::batch<float, Arch>;
  static constexpr int size = Words::lanes;

  // `left` channels remain from p on; lanes beyond them are zero and never touched in memory.
  static batch load(const float* p, int left) {
    return left >= size ? batch(Words::load(p)) : batch(Words::load(p, left));
  }
  static void store(float* p, batch value, int left) {
    if (left >= size)
      Words::store(p, value);
    else
      Words::store(p, value, left);
  }
};

}  // namespace
}  // namespace burin::kernels

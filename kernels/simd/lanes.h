// A vector of channels: xsimd's batch, with the masked ends of the level's own words. For families
// that work a pixel at a time on any number of channels.
#pragma once

#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "kernels/bf16.h"

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

  // The same of bf16; plain loops, which compilers turn into vectors.
  static batch load(const std::uint16_t* p, int left) {
    alignas(64) float wide[size] = {};
    if (left >= size)
      for (int i = 0; i < size; ++i) wide[i] = widen_bf16(p[i]);
    else
      for (int i = 0; i < left; ++i) wide[i] = widen_bf16(p[i]);
    return load(wide, size);
  }
  static void store(std::uint16_t* p, batch value, int left) {
    alignas(64) float wide[size];
    store(wide, value, size);
    if (left >= size)
      for (int i = 0; i < size; ++i) p[i] = round_bf16(wide[i]);
    else
      for (int i = 0; i < left; ++i) p[i] = round_bf16(wide[i]);
  }
};

}  // namespace
}  // namespace burin::kernels

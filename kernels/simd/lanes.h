// A vector of channels: xsimd's batch, with the masked ends, exponential and logistic function of the
// level's own words. For families that work a pixel at a time on any number of channels.
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

  // e^x. With words that scale by powers of two: 2^k e^r, where k ln 2 is taken from x in two parts
  // and e^r = 1 + r + r^2 q(r) for |r| <= ln(2) / 2, q by interpolation at Chebyshev points,
  // relative error 1.1e-8.
  static batch exp(batch x) {
    if constexpr (requires(batch a) { Words::scale(a, a); }) {
      // xsimd's fma() is two instructions at this level, which loses a bit of r.
      const auto mac = [](batch a, batch b, batch c) { return batch(Words::mac(a, b, c)); };
      // min() and max() give their second operand where x is no number.
      const batch within = Words::max(batch(-104.0f), Words::min(batch(89.0f), x));
      const batch k = Words::round(within * batch(1.44269504f));
      const batch r = mac(k, batch(2.12194440e-4f), mac(k, batch(-0.693359375f), within));
      batch q = mac(batch(1.39336521e-3f), r, batch(8.36318173e-3f));
      q = mac(q, r, batch(4.16664667e-2f));
      q = mac(q, r, batch(1.66665763e-1f));
      q = mac(q, r, batch(0.5f));
      return Words::scale(mac(q, r * r, r + batch(1.0f)), k);
    } else {
      return xsimd::exp(x);
    }
  }
  // 1 / (1 + e^-x)
  static batch sigmoid(batch x) {
    const batch d = batch(1.0f) + exp(-x);
    if constexpr (requires(batch a) { Words::reciprocal(a); })
      return Words::reciprocal(d);
    else
      return batch(1.0f) / d;
  }

  // load() and store() of bf16; plain loops, which compilers turn into vectors.
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

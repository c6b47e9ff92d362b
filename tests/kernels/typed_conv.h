// Convolutions whose activations are stored as f32 or as bf16.
#pragma once

#include "tests/kernels/run_conv.h"
#include "tests/support/random.h"

namespace burin::test {

inline ConvNumbers random_numbers(const kernels::ConvShape& s, Random& random) {
  const auto draw = [&](std::int64_t n) { return random.reals(static_cast<std::size_t>(n)); };
  ConvNumbers n;
  n.x = draw(s.batch * s.in_pixels() * s.in_channels);
  n.dy = draw(s.batch * s.out_pixels() * s.out_channels);
  n.w = draw(s.out_channels * (s.in_channels / s.groups) * s.taps());
  n.bias_out = draw(s.out_channels);
  n.bias_in = draw(s.in_channels);
  n.residual_out = draw(s.batch * s.out_pixels() * s.out_channels);
  n.residual_in = draw(s.batch * s.in_pixels() * s.in_channels);
  n.x_gap = random.integer(0, 1) * 3;
  n.dy_gap = random.integer(0, 1) * 5;
  return n;
}

inline void round_list(std::vector<float>& list) {
  for (float& v : list) v = kernels::widen_bf16(kernels::round_bf16(v));
}

// What the entry is given, as the reference takes it: activations rounded where the shape stores
// them as bf16, factors where the entry rounds them.
inline ConvNumbers as_seen(ConvNumbers n, const kernels::ConvShape& s, bool forward,
                           bool round_factors) {
  if (round_factors || s.source_type == kernels::Element::bf16) round_list(forward ? n.x : n.dy);
  if (round_factors) round_list(n.w);
  if (s.target_type == kernels::Element::bf16) round_list(forward ? n.residual_out : n.residual_in);
  return n;
}

// 2^-8: half a unit of bf16 in each result; f32 sums of some hundred products else.
inline double tolerance(const kernels::ConvShape& s) {
  return s.target_type == kernels::Element::bf16 ? 0x1p-8 : 1e-5;
}

}  // namespace burin::test

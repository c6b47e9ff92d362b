// The choice of a program: one entry, and how all the others of its table ranked.
#pragma once

#include <vector>

#include "engine/ops/plan_cache.h"
#include "engine/ops/step.h"

namespace burin {

template <class Entry>
struct Choice {
  const Entry* entry = nullptr;
  std::vector<Candidate> ranking;
};

struct Wanted {
  kernels::Activation activation = kernels::Activation::none;
  Precision precision = Precision::f32;
};

// BURIN_KERNEL is honoured where an entry of that name can serve.
[[nodiscard]] Choice<kernels::ConvKernel> choose_conv(ConvPass pass,
                                                      const kernels::ConvShape& shape,
                                                      const Wanted& wanted);
// Whether any entry can.
[[nodiscard]] bool can_serve(ConvPass pass, const kernels::ConvShape& shape, const Wanted& wanted);
[[nodiscard]] Choice<kernels::MatmulKernel> choose_matmul(const kernels::MatmulShape& shape,
                                                          const Wanted& wanted);

}  // namespace burin

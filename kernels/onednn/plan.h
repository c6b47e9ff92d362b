// A oneDNN primitive made ready for one shape: its primitive and the memory it works on.
//
// Activations are dense and channels last: with gaps between pixels oneDNN 2.6 and 3.2 offer only
// their reference loops, so the adapters stage slices in scratch.
#pragma once

#include <memory>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/cpu.h"
#include "kernels/matmul/matmul.h"
#include "kernels/onednn/api.h"

namespace burin::kernels::onednn {

enum class Pass : int { forward, data, weight };

struct Plan {
  const char* refusal = nullptr;  // where this is set, the rest may be empty
  dnnl::primitive primitive;
  // Forward: x and y. Data: dy and dx. Weight: x and dy. Product: a and c.
  dnnl::memory::desc source, target;
  dnnl::memory::desc weights;       // in the primitive's own layout
  dnnl::memory::desc file_weights;  // the same numbers as [oc][c/groups][d][h][w], or b as it lies
  dnnl::memory::desc bias, scratch;
  std::vector<float> no_bias;  // zeros, for calls without a bias
};

// Made once per shape and number of threads and kept (the last few hundred); safe from any thread.
[[nodiscard]] std::shared_ptr<const Plan> plan_for(Pass pass, const ConvShape& shape);
[[nodiscard]] std::shared_ptr<const Plan> plan_for(const MatmulShape& shape);

// The plan's refusal, or a reason why it could not be made.
[[nodiscard]] const char* refusal_of(Pass pass, const ConvShape& shape) noexcept;
[[nodiscard]] const char* refusal_of(const MatmulShape& shape) noexcept;

// Cost of one of its multiply-adds where one of a full AVX-512 tile costs 1.
inline double multiply_add_cost() noexcept { return usable(Isa::avx512) ? 1 : 2; }

}  // namespace burin::kernels::onednn

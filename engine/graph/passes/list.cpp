#include "engine/graph/passes.h"

namespace burin {

// Constants first, so that weights are known; what changes the operands of a convolution before
// what goes into its epilogue; residuals last, as they need the activation of the sum.
std::span<const Pass> passes() noexcept {
  static constexpr Pass list[] = {
      {"fold_constants", fold_constants},
      {"merge_equal", merge_equal},
      {"fold_pad", fold_pad},
      {"fold_batch_norm", fold_batch_norm},
      {"fuse_activation", fuse_activation},
      {"compose_phases", compose_phases},
      {"fuse_residual", fuse_residual},
  };
  return list;
}

}  // namespace burin

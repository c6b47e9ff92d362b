#include "engine/graph/passes.h"

#include <utility>

namespace burin {
namespace {

template <auto pass>
Graph any_precision(Graph graph, Precision) {
  return pass(std::move(graph));
}

}  // namespace

// Constants first, so that weights are known; what changes the operands of a convolution before
// what goes into its epilogue; residuals last, as they need the activation of the sum.
std::span<const Pass> passes() noexcept {
  static constexpr Pass list[] = {
      {"fold_constants", any_precision<fold_constants>},
      {"merge_equal", any_precision<merge_equal>},
      {"fold_pad", any_precision<fold_pad>},
      {"fold_batch_norm", any_precision<fold_batch_norm>},
      {"recognize_silu", any_precision<recognize_silu>},
      {"recognize_glu", any_precision<recognize_glu>},
      {"fuse_activation", any_precision<fuse_activation>},
      {"compose_phases", [](Graph graph, Precision p) { return compose_phases(graph, p); }},
      {"fuse_residual", any_precision<fuse_residual>},
  };
  return list;
}

}  // namespace burin

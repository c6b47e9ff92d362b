#include "engine/ops/all_ops.h"

#include <vector>

namespace burin {

std::span<const OpDef* const> all_ops() noexcept {
  static const std::vector<const OpDef*> ops = {};
  return ops;
}

}  // namespace burin

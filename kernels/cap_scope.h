// A cap on the levels (cpu.h) for a while: for checks against the reference.
#pragma once

#include "kernels/cpu.h"

namespace burin::kernels {

// While it lives, this process uses nothing above `cap`, nor above BURIN_MAX_ISA. What was chosen
// before stays chosen. One at a time.
class CapScope {
 public:
  explicit CapScope(Isa cap) noexcept;
  ~CapScope();
  CapScope(const CapScope&) = delete;
  CapScope& operator=(const CapScope&) = delete;
};

}  // namespace burin::kernels

// What BURIN_MAX_ISA and BURIN_KERNEL ask for.
#pragma once

#include <cstdio>

#include "engine/error.h"
#include "engine/ops/plan_cache.h"

namespace burin::perf {

// False, after one line on standard error, where this build has no such level or kernel.
[[nodiscard]] inline bool check_environment() {
  try {
    burin::check_environment();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return false;
  }
  return true;
}

}  // namespace burin::perf

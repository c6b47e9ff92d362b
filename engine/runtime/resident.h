// What this process holds in memory, as the system counts it.
#pragma once

#include <cstdint>

namespace burin::runtime {

// Highest resident memory so far, bytes (proc(5): VmHWM); 0 where the system does not say.
[[nodiscard]] std::int64_t peak_resident_bytes();

}  // namespace burin::runtime

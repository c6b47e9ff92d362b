// What a user asks for by BURIN_KERNEL.
#pragma once

#include <string_view>
#include <vector>

namespace burin::kernels {

// What BURIN_KERNEL asks for an op, empty for nothing: "conv:direct,matmul:reference" gives
// "direct" for "conv". The beginning of an entry's name up to a '_' is enough. Read at each call.
[[nodiscard]] std::string_view requested_kernel(std::string_view op) noexcept;

struct KernelRequest {
  std::string_view op, name;  // name: empty where there is no colon
};
// All that BURIN_KERNEL asks for.
[[nodiscard]] std::vector<KernelRequest> requested_kernels();

}  // namespace burin::kernels

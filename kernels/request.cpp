#include "kernels/request.h"

#include <cstdlib>

namespace burin::kernels {
namespace {

std::string_view kernel_words() noexcept {
  const char* words = std::getenv("BURIN_KERNEL");
  return words != nullptr ? words : "";
}

// Takes the first item off `left`.
KernelRequest next_request(std::string_view& left) noexcept {
  const std::string_view item = left.substr(0, left.find(','));
  left.remove_prefix(item.size() < left.size() ? item.size() + 1 : left.size());
  const std::size_t colon = item.find(':');
  if (colon == std::string_view::npos) return {item, {}};
  return {item.substr(0, colon), item.substr(colon + 1)};
}

}  // namespace

std::string_view requested_kernel(std::string_view op) noexcept {
  std::string_view left = kernel_words();
  while (!left.empty())
    if (const KernelRequest request = next_request(left); request.op == op && !request.name.empty())
      return request.name;
  return {};
}

std::vector<KernelRequest> requested_kernels() {
  std::vector<KernelRequest> all;
  std::string_view left = kernel_words();
  while (!left.empty()) all.push_back(next_request(left));
  return all;
}

}  // namespace burin::kernels

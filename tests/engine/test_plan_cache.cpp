// Which kernel serves an op, and what BURIN_KERNEL says about it.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/ops/plan_cache.h"
#include "tests/support/shapes.h"

namespace burin {
namespace {

// BURIN_KERNEL while it lives.
class Request {
 public:
  explicit Request(const char* words) { setenv("BURIN_KERNEL", words, 1); }
  ~Request() { unsetenv("BURIN_KERNEL"); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
};

// A choice is remembered by shape: each request gets shapes of its own.
kernels::ConvShape conv_shape(int size) { return test::same_3x3(16, 16, size, size); }
kernels::MatmulShape matmul_shape(int m) {
  return {.m = m, .n = 5, .k = 6, .a_row = 6, .b_depth = 5};
}

std::string_view forward(const kernels::ConvShape& shape) {
  return conv_kernel("conv", ConvPass::forward, shape).name;
}

TEST_CASE("BURIN_KERNEL picks by family and name") {
  const auto multiplies = std::string(matmul_kernel("matmul", "forward", matmul_shape(4)).name);
  {
    const Request request("conv:reference");
    CHECK(forward(conv_shape(13)) == "reference");
    CHECK(conv_weight_kernel("conv", conv_shape(13)).name == std::string("reference"));
    CHECK(matmul_kernel("matmul", "forward", matmul_shape(5)).name == multiplies);
  }
  {
    const Request request("conv:direct,matmul:reference");
    CHECK(matmul_kernel("matmul", "forward", matmul_shape(6)).name == std::string("reference"));
    if (kernels::usable(kernels::Isa::avx2)) CHECK(forward(conv_shape(14)).starts_with("direct_"));
  }
  {
    const Request request("conv:depthwise");  // does not serve the shape
    const auto* chosen =
        kernels::choose<kernels::ConvShape>(kernels::conv_forward_kernels(), conv_shape(15));
    CHECK(forward(conv_shape(15)) == chosen->name);
  }
}

TEST_CASE("BURIN_KERNEL must name what there is") {
  for (const char* words :
       {"", "conv:direct", "conv:direct_6x16_avx2", "matmul:reference,conv:winograd"}) {
    const Request request(words);
    CHECK_NOTHROW(check_requested_kernels());
  }
  for (const char* words :
       {"direct", "conv:", "conv:dir", "pool:direct", "conv:direct,matmul:winograd"}) {
    const Request request(words);
    INFO(std::string(words));
    CHECK_THROWS_AS(check_requested_kernels(), Error);
  }
  const Request request("conv:fastest");
  CHECK_THROWS_WITH(check_requested_kernels(), doctest::Contains("got conv:fastest"));
}

}  // namespace
}  // namespace burin

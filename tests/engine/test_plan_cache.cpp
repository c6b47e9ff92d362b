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
  explicit Request(const char* words) { set(words); }
  ~Request() {
    unsetenv("BURIN_KERNEL");
    forget_chosen_kernels();
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

 private:
  static void set(const char* words) {
    setenv("BURIN_KERNEL", words, 1);
    forget_chosen_kernels();
  }
};

std::string_view forward(const kernels::ConvShape& shape) {
  return conv_kernel("conv", ConvPass::forward, shape).name;
}

TEST_CASE("BURIN_KERNEL picks by family and name") {
  const kernels::ConvShape shape = test::same_3x3(16, 16, 12, 12);
  const kernels::MatmulShape product{.m = 4, .n = 5, .k = 6, .a_row = 6, .b_depth = 5};
  const auto chosen = std::string(forward(shape));
  const auto multiplies = std::string(matmul_kernel("matmul", "forward", product).name);
  {
    const Request request("conv:reference");
    CHECK(forward(shape) == "reference");
    CHECK(conv_weight_kernel("conv", shape).name == std::string("reference"));
    CHECK(matmul_kernel("matmul", "forward", product).name == multiplies);
    CHECK(chosen_kernels().size() == 3);
  }
  {
    const Request request("conv:direct,matmul:reference");
    CHECK(matmul_kernel("matmul", "forward", product).name == std::string("reference"));
    if (kernels::usable(kernels::Isa::avx2)) CHECK(forward(shape).starts_with("direct_"));
  }
  {
    const Request request("conv:depthwise");  // does not serve the shape
    CHECK(forward(shape) == chosen);
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

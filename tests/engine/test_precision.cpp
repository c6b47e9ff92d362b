// Ops that multiply, on a tape in bf16: results and gradients against the reference kernels, whose
// sums are double.
#include <doctest/doctest.h>

#include <cstdlib>

#include "engine/ops/plan_cache.h"
#include "kernels/cpu.h"
#include "tests/engine/op_rows.h"
#include "tests/support/compare.h"

namespace burin::test {
namespace {

Derived derived(const OpRow& row, Precision precision, const char* kernels) {
  setenv("BURIN_KERNEL", kernels, 1);
  const std::vector<Tensor> inputs = make_inputs(row, row.inputs, 3);
  const GradientOptions options{.wants = row.wants, .precision = precision};
  const std::size_t count = derive(row.run, inputs, options, nullptr).output.size();
  Random random(4);
  const std::vector<float> projection = random.reals(count);
  return derive(row.run, inputs, options, &projection);
}

// Of numbers rounded to bf16 (by up to 2^-9 each) a product is off by 2^-8 at most; sums of many
// are off by less, sums that cancel by more.
void check_near(const std::vector<float>& got, const std::vector<float>& want, bool tiles) {
  REQUIRE(got.size() == want.size());
  if (want.empty()) return;
  const double error = relative_l2(std::span<const float>(got), std::span<const float>(want));
  CHECK(error <= (tiles ? 8e-3 : 3e-5));
}

}  // namespace

TEST_CASE("products in bf16 and their gradients") {
  const bool tiles = kernels::usable(kernels::Isa::amx);
  int rows = 0;
  for (const OpRow& row : op_rows()) {
    const bool multiplies =
        row.op == "conv" || row.op == "conv_transpose" || row.op == "linear" || row.op == "matmul";
    if (!multiplies || !row.differentiable) continue;
    ++rows;
    INFO(row.op << ": " << row.what);
    const Derived want = derived(row, Precision::exact, "conv:reference,matmul:reference"),
                  got = derived(row, Precision::bf16, "conv:tiles_bf16,matmul:tiles_bf16");
    check_near(got.output, want.output, tiles);
    for (std::size_t i = 0; i < want.gradients.size(); ++i)
      check_near(got.gradients[i], want.gradients[i], tiles);
    if (tiles) CHECK(got.output != want.output);
  }
  CHECK(rows > 10);
  const auto chosen = chosen_kernels();
  for (const char* op : {"conv", "conv_transpose", "linear"})
    for (const char* pass : {"forward", "data", "weight"}) {
      if (!tiles) continue;
      INFO(std::string(op) << " " << std::string(pass));
      CHECK(std::ranges::any_of(chosen, [&](const ChosenKernel& k) {
        return k.op == op && k.pass == pass && k.kernel == "tiles_bf16_amx";
      }));
    }
}

}  // namespace burin::test

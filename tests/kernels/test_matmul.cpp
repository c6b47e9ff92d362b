// Every usable matrix product entry against the reference: shapes, transposes, task orders.
//
// BURIN_TEST_SEED=n runs random case n alone; a failure prints the line that does.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/kernels/run_matmul.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

// Row strides beyond the row, either operand transposed or not.
MatmulCase make_case(std::int64_t m, std::int64_t n, std::int64_t k, Random& random, bool whole) {
  MatmulCase c;
  MatmulShape& s = c.shape;
  s = {.m = m,
       .n = n,
       .k = k,
       .a_row = k + random.integer(0, 3),
       .b_depth = n + random.integer(0, 3)};
  std::int64_t a_size = (m - 1) * s.a_row + k, b_size = (k - 1) * s.b_depth + n;
  if (random.integer(0, 1) == 1) {
    s.a_row = 1;
    s.a_depth = m + random.integer(0, 3);
    a_size = (k - 1) * s.a_depth + m;
  }
  if (random.integer(0, 1) == 1) {
    s.b_depth = 1;
    s.b_column = k + random.integer(0, 3);
    b_size = (n - 1) * s.b_column + k;
  }
  const auto draw = [&](std::int64_t count) {
    const auto size = static_cast<std::size_t>(count);
    return whole ? random.integers(size, 4) : random.reals(size);
  };
  c.a = draw(a_size);
  c.b = draw(b_size);
  if (random.integer(0, 1) == 1) c.bias = draw(n);
  s.residual = random.integer(0, 2) == 0;
  if (s.residual) c.residual = draw(m * n);
  if (whole) c.epilogue = {static_cast<Activation>(random.integer(0, 3)), 0.125f};
  c.c_gap = random.integer(0, 2) == 0 ? random.integer(1, 9) : 0;
  return c;
}

// `team` admits oneDNN, whose products take long to make.
void check_case(const MatmulCase& c, std::uint64_t seed, bool whole, bool team) {
  const MatmulShape& s = c.shape;
  const MatmulKernel& reference = *matmul_kernels().back();
  REQUIRE(reference.isa == Isa::reference);
  MatmulCase rounded = c;  // what an entry that multiplies numbers rounded to bf16 sees
  for (std::vector<float>* list : {&rounded.a, &rounded.b})
    for (float& v : *list) v = widen_bf16(round_bf16(v));
  const ConvResult want = run_matmul(reference, c), want_bf16 = run_matmul(reference, rounded);
  for (const MatmulKernel* e : matmul_kernels()) {
    if (!usable(e->isa) || e->refuse(s) != nullptr || e == &reference) continue;
    if (!team && (e->flags & kernel_whole) != 0) continue;
    const ConvResult got = run_matmul(*e, c);
    const double error =
        relative_l2(std::span<const float>(got.numbers),
                    std::span<const float>(
                        (e->flags & kernel_bf16_products) != 0 ? want_bf16.numbers : want.numbers));
    const bool exact = whole && (e->flags & kernel_f32_exact) != 0;
    INFO("BURIN_TEST_SEED=" << seed << " test_kernels_matmul   # " << std::string(e->name));
    INFO("m " << s.m << " n " << s.n << " k " << s.k << ", a strides " << s.a_row << " "
              << s.a_depth << ", b strides " << s.b_depth << " " << s.b_column << ": error "
              << error << " " << got.fault);
    CHECK((got.fault.empty() && (exact ? error == 0 : error <= 1e-5)));
  }
}

TEST_CASE("chosen sizes") {
  const std::int64_t sizes[][3] = {{1, 1, 1},      {1, 1000, 64}, {14, 32, 16},   {15, 33, 17},
                                   {128, 10, 512}, {7, 16, 1100}, {300, 500, 40}, {64, 3, 2}};
  for (const auto& [m, n, k] : sizes)
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      Random random(seed);
      check_case(make_case(m, n, k, random, true), seed, true, seed < 2);
      check_case(make_case(m, n, k, random, false), seed, false, seed < 2);
    }
}

TEST_CASE("random sizes") {
  const char* only = std::getenv("BURIN_TEST_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 0;
  const std::uint64_t last = only != nullptr ? first + 1 : 2000;
  for (std::uint64_t seed = first; seed < last; ++seed) {
    Random random(seed + 1000);
    const bool whole = seed % 2 == 0;
    const int n = random.integer(1, 70), m = random.integer(1, 130);
    MatmulCase c = make_case(m, n, random.integer(1, 1 + 60000 / (m * n)), random, whole);
    c.order = static_cast<TaskOrder>(random.integer(0, 3));
    c.guard = random.integer(0, 1) == 0 ? Guard::bytes : Guard::end_page;
    check_case(c, seed, whole, false);
  }
}

TEST_CASE("known values") {
  MatmulCase c;
  c.shape = {.m = 2, .n = 2, .k = 3, .a_row = 3, .b_depth = 2};
  c.a = {1, 2, 3, 4, 5, 6};
  c.b = {7, 8, 9, 10, 11, 12};
  c.bias = {1000, 2000};
  for (const MatmulKernel* e : matmul_kernels())
    if (usable(e->isa) && e->refuse(c.shape) == nullptr)
      CHECK(run_matmul(*e, c).numbers == std::vector<float>{1058, 2064, 1139, 2154});
}

}  // namespace

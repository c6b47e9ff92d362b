#include "kernels/reduce/reduce.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/kernels/rows.h"

namespace burin::test {
namespace {

using namespace kernels;

template <class F>
void each_entry(const F& f) {
  for (const auto* entry : reduce_kernels()) {
    if (!usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    f(*entry, *reduce_kernels().back());
  }
}

bool near(double got, double want, double size) { return std::abs(got - want) <= 2e-6 * size; }

void check_all(const ReduceKernels& fast, const ReduceKernels& plain, const Case& k,
               Random& random) {
  Rows x = Rows::random(k.extent, k.gap, k.guard, random);
  const double size = 3.0 * double(k.extent.pixels * k.extent.channels) + 1e-9;
  CHECK(near(fast.sum(k.extent, x.in()), plain.sum(k.extent, x.in()), size));
  GuardedBuffer<double> sums(std::size_t(k.extent.channels), k.guard), want(sums.size());
  for (std::size_t c = 0; c < sums.size(); ++c) sums.data()[c] = want.data()[c] = double(c);
  fast.over_pixels(k.extent, x.in(), sums.data());
  plain.over_pixels(k.extent, x.in(), want.data());
  for (std::size_t c = 0; c < sums.size(); ++c)
    CHECK(near(sums.data()[c], want.data()[c], 3.0 * double(k.extent.pixels)));
  CHECK(sums.intact());
  GuardedBuffer<float> rows(std::size_t(k.extent.pixels), k.guard), rows_want(rows.size());
  fast.over_channels(k.extent, x.in(), 0.5f, rows.data());
  plain.over_channels(k.extent, x.in(), 0.5f, rows_want.data());
  for (std::size_t p = 0; p < rows.size(); ++p)
    CHECK(near(rows.data()[p], rows_want.data()[p], 3.0 * double(k.extent.channels) + 1e-9));
  CHECK(rows.intact());
}

}  // namespace

TEST_CASE("sums agree with the reference") {
  each_entry([](const ReduceKernels& fast, const ReduceKernels& plain) {
    Random random(1);
    each_case([&](const Case& k) { check_all(fast, plain, k, random); });
    check_all(fast, plain, {{200, 133}, 5, Guard::end_page}, random);
    check_all(fast, plain, {{5000, 1}, 0, Guard::end_page}, random);
    check_all(fast, plain, {{5000, 1}, 2, Guard::end_page}, random);
    check_all(fast, plain, {{3, 5000}, 0, Guard::end_page}, random);
  });
}

TEST_CASE("sums of whole numbers are exact, and of a million ones too") {
  each_entry([](const ReduceKernels& fast, const ReduceKernels&) {
    std::vector<float> ones(1 << 20, 1.0f);
    CHECK(fast.sum({1, 1 << 20}, {ones.data(), 0}) == 1048576);
    double sums[4] = {};
    fast.over_pixels({1 << 18, 4}, {ones.data(), 4}, sums);
    for (const double s : sums) CHECK(s == 262144);
  });
}

}  // namespace burin::test

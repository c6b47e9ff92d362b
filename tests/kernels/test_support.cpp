// The comparisons that all kernel tests rest on fail when they must.
#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "kernels/conv/conv.h"
#include "tests/kernels/run_conv.h"
#include "tests/support/compare.h"
#include "tests/support/pixels.h"
#include "tests/support/random.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

std::span<const float> view(const std::vector<float>& v) { return v; }

TEST_CASE("relative_l2 finds errors") {
  const std::vector<float> want{3, 4, 0};
  CHECK(relative_l2(view({3, 4, 0}), view(want)) == 0);
  CHECK(relative_l2(view({3, 4, 5}), view(want)) == doctest::Approx(1));
  CHECK(relative_l2(view({3, 4}), view(want)) > 1);
  CHECK(relative_l2(view({3, 4, std::numeric_limits<float>::quiet_NaN()}), view(want)) > 1);
  CHECK(relative_l2(view({1e-30f}), view({0})) > 1);
}

TEST_CASE("largest_difference finds errors") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto difference = [](const std::vector<float>& got, const std::vector<float>& want) {
    return largest_difference(view(got), view(want));
  };
  CHECK(difference({3, 4, 0}, {3, 4, 0}) == 0);
  CHECK(difference({3, 4, 0}, {3, 2, 1}) == 2);
  CHECK_FALSE(difference({3, 4}, {3, 4, 0}) <= 1);
  CHECK_FALSE(difference({nan, 4, 0}, {3, 4, 0}) <= 1);
  CHECK_FALSE(difference({3, 4, 0}, {3, nan, 0}) <= 1);
}

TEST_CASE("same_bits finds what == does not") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(same_bits({}, {}));
  CHECK(same_bits({1, nan}, {1, nan}));
  CHECK_FALSE(same_bits({0.0f}, {-0.0f}));
  CHECK_FALSE(same_bits({1, 2}, {1, 3}));
  CHECK_FALSE(same_bits({1, 2}, {1}));
}

TEST_CASE("pixels notice a write into a gap") {
  Pixels pixels(3, 4, 2, Guard::bytes);
  pixels.fill({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(pixels.intact());
  CHECK(pixels.dense()[7] == 7);
  pixels.data()[pixels.stride() + 4] = 1;
  CHECK_FALSE(pixels.intact());
}

TEST_CASE("guards notice a write beyond either end") {
  GuardedBuffer<float> buffer(5);
  CHECK(buffer.intact());
  buffer.data()[5] = 1;
  CHECK_FALSE(buffer.intact());
  GuardedBuffer<float> other(5);
  other.data()[-1] = 1;
  CHECK_FALSE(other.intact());
}

// A kernel that forgets the last tap of the kernel, as an entry.
void forgetful(const ConvArgs& args, int stage, std::int64_t first, std::int64_t last,
               void* workspace) noexcept {
  ConvArgs wrong = args;
  std::vector<float> w(static_cast<const float*>(args.packed),
                       static_cast<const float*>(args.packed) + args.shape.taps());
  w.back() = 0;
  wrong.packed = w.data();
  conv_forward_kernels().back()->run(wrong, stage, first, last, workspace);
}
// A kernel that writes one number too many.
void greedy(const ConvArgs& args, int stage, std::int64_t first, std::int64_t last,
            void* workspace) noexcept {
  conv_forward_kernels().back()->run(args, stage, first, last, workspace);
  args.target_f32()[args.shape.batch * args.shape.out_pixels() * args.target_pixel] = 1;
}

// A kernel that writes between pixels.
void careless(const ConvArgs& args, int stage, std::int64_t first, std::int64_t last,
              void* workspace) noexcept {
  conv_forward_kernels().back()->run(args, stage, first, last, workspace);
  args.target_f32()[args.shape.out_channels] = 1;
}
// A kernel that makes one NaN.
void undefined(const ConvArgs& args, int stage, std::int64_t first, std::int64_t last,
               void* workspace) noexcept {
  conv_forward_kernels().back()->run(args, stage, first, last, workspace);
  args.target_f32()[0] = std::numeric_limits<float>::quiet_NaN();
}

TEST_CASE("a wrong kernel is found") {
  const ConvShape s{.in_channels = 1,
                    .out_channels = 1,
                    .in = {1, 8, 8},
                    .kernel = {1, 3, 3},
                    .pad_begin = {0, 1, 1},
                    .pad_end = {0, 1, 1}};
  Random random(1);
  ConvNumbers n;
  n.x = random.reals(64);
  n.w = random.reals(9);
  const ConvKernel& reference = *conv_forward_kernels().back();
  REQUIRE(reference.isa == Isa::reference);
  ConvKernel broken = reference;
  broken.run = forgetful;
  const auto want = run_conv(reference, s, true, n, TaskOrder::whole, Guard::bytes);
  const auto got = run_conv(broken, s, true, n, TaskOrder::whole, Guard::bytes);
  CHECK(want.fault.empty());
  CHECK(relative_l2(view(got.numbers), view(want.numbers)) > 1e-2);
  broken.run = greedy;
  CHECK_FALSE(run_conv(broken, s, true, n, TaskOrder::whole, Guard::bytes).fault.empty());
  broken.run = undefined;
  const auto bad = run_conv(broken, s, true, n, TaskOrder::whole, Guard::bytes);
  CHECK_FALSE(relative_l2(view(bad.numbers), view(want.numbers)) <= 1);
  broken.run = careless;
  n.dy_gap = 3;
  CHECK(run_conv(broken, s, true, n, TaskOrder::whole, Guard::bytes).fault ==
        "wrote between pixels");
}

TEST_CASE("named shapes exist and their results are mostly not zero") {
  for (const NamedConv& named : conv_shapes) {
    INFO(std::string(named.name));
    CHECK(named.shape.in_channels % named.shape.groups == 0);
    CHECK(named.shape.out_channels % named.shape.groups == 0);
    for (int axis = 0; axis < 3; ++axis) CHECK(named.shape.out(axis) >= 1);
    const ConvShape& s = named.shape;
    Random random(2);
    ConvNumbers n;
    n.x = random.reals(static_cast<std::size_t>(s.batch * s.in_pixels() * s.in_channels));
    n.w = random.reals(
        static_cast<std::size_t>(s.out_channels * (s.in_channels / s.groups) * s.taps()));
    const auto y =
        run_conv(*conv_forward_kernels().back(), s, true, n, TaskOrder::whole, Guard::bytes);
    CHECK_FALSE(mostly_zero(view(y.numbers)));
  }
}

}  // namespace

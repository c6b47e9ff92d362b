// Every usable convolution entry against the reference: named shapes, random shapes, task orders.
//
// BURIN_TEST_SEED=n runs random case n alone; a failure prints the line that does.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "tests/kernels/run_conv.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

constexpr double forward_tolerance = 1e-5, gradient_tolerance = 3e-5;
constexpr std::int64_t random_macs = 30000;  // of one case, so that all run in some seconds

std::size_t weight_count(const ConvShape& s) {
  return static_cast<std::size_t>(std::int64_t{s.out_channels} * (s.in_channels / s.groups) *
                                  s.taps());
}

// Whole numbers make every sum exact in f32: entries flagged kernel_f32_exact must then agree in
// all bits.
ConvNumbers numbers(const ConvShape& s, Random& random, bool whole) {
  const auto draw = [&](std::int64_t count) {
    const auto n = static_cast<std::size_t>(count);
    return whole ? random.integers(n, 4) : random.reals(n);
  };
  ConvNumbers n;
  n.x = draw(s.batch * s.in_pixels() * s.in_channels);
  n.dy = draw(s.batch * s.out_pixels() * s.out_channels);
  n.w = draw(static_cast<std::int64_t>(weight_count(s)));
  if (random.integer(0, 1) == 1) {
    n.bias_out = draw(s.out_channels);
    n.bias_in = draw(s.in_channels);
  }
  if (s.residual) {
    n.residual_out = draw(s.batch * s.out_pixels() * s.out_channels);
    n.residual_in = draw(s.batch * s.in_pixels() * s.in_channels);
  }
  n.x_gap = random.integer(0, 2) == 0 ? random.integer(1, 9) : 0;
  n.dy_gap = random.integer(0, 2) == 0 ? random.integer(1, 9) : 0;
  // Rounding errors are measured against results that no activation has cut down.
  const int last = static_cast<int>(whole ? Activation::relu6 : Activation::none);
  n.epilogue.activation = static_cast<Activation>(random.integer(0, last));
  n.epilogue.slope = 0.125f;
  return n;
}

struct Case {
  std::string name;
  ConvShape shape;
  std::uint64_t seed;
  bool whole;
  TaskOrder order;
  Guard guard;
  bool team_entries;  // oneDNN's take long to make
};

void judge(const Case& c, const char* pass, const char* entry, unsigned flags,
           const ConvResult& got, const std::vector<float>& want, double tolerance) {
  const bool exact = c.whole && (flags & kernel_f32_exact) != 0;
  const double error =
      relative_l2(std::span<const float>(got.numbers), std::span<const float>(want));
  const bool good = got.fault.empty() && (exact ? error == 0 : error <= tolerance);
  INFO("BURIN_TEST_SEED=" << c.seed << " test_kernels_conv   # " << c.name << " "
                          << std::string(pass) << " " << std::string(entry) << ": "
                          << text(c.shape));
  INFO("relative error " << error << ", allowed " << (exact ? 0.0 : tolerance) << " " << got.fault);
  CHECK(good);
}

template <class Entry>
bool serves(const Entry& entry, const Case& c) {
  // What transforms of bf16 may be off: test_bf16.cpp.
  if (entry.isa == Isa::bf16 && std::string_view(entry.name).starts_with("winograd")) return false;
  return usable(entry.isa) && entry.refuse(c.shape) == nullptr &&
         (c.team_entries || (entry.flags & kernel_whole) == 0);
}

template <class Entry>
const Entry& reference_of(std::span<const Entry* const> entries) {
  return **std::find_if(entries.begin(), entries.end(),
                        [](const Entry* e) { return e->isa == Isa::reference; });
}

// What an entry that multiplies numbers rounded to bf16 sees.
ConvNumbers rounded(ConvNumbers n) {
  for (std::vector<float>* list : {&n.x, &n.dy, &n.w})
    for (float& v : *list) v = widen_bf16(round_bf16(v));
  return n;
}

void check_case(const Case& c) {
  Random random(c.seed);
  const ConvNumbers n = numbers(c.shape, random, c.whole), n_bf16 = rounded(n);
  for (const bool forward : {true, false}) {
    const auto entries = forward ? conv_forward_kernels() : conv_data_kernels();
    const auto reference = [&](const ConvNumbers& all) {
      return run_conv(reference_of(entries), c.shape, forward, all, TaskOrder::whole, c.guard);
    };
    const auto want = reference(n), want_bf16 = reference(n_bf16);
    for (const ConvKernel* e : entries)
      if (serves(*e, c))
        judge(c, forward ? "forward" : "data", e->name, e->flags,
              run_conv(*e, c.shape, forward, n, c.order, c.guard),
              (e->flags & kernel_bf16_products) != 0 ? want_bf16.numbers : want.numbers,
              forward ? forward_tolerance : gradient_tolerance);
  }
  const auto entries = conv_weight_kernels();
  const auto reference = [&](const ConvNumbers& all) {
    return run_conv_weight(reference_of(entries), c.shape, all, TaskOrder::whole, c.guard);
  };
  const auto want = reference(n), want_bf16 = reference(n_bf16);
  for (const ConvWeightKernel* e : entries)
    if (serves(*e, c))
      judge(c, "weight", e->name, e->flags, run_conv_weight(*e, c.shape, n, c.order, c.guard),
            (e->flags & kernel_bf16_products) != 0 ? want_bf16.numbers : want.numbers,
            gradient_tolerance);
}

int channels(Random& random) {
  switch (random.integer(0, 3)) {
    case 0:
      return random.integer(1, 8);
    case 1:
      return 16 * random.integer(1, 8);
    default:
      return random.integer(1, 130);
  }
}

ConvShape random_shape(Random& random) {
  ConvShape s;
  s.batch = random.integer(1, 2);
  s.in_channels = channels(random);
  s.out_channels = channels(random);
  const int kind = random.integer(0, 9);
  if (kind == 0) s.groups = s.out_channels = s.in_channels;
  if (kind == 1) {
    s.groups = random.integer(2, 5);
    s.in_channels = s.groups * random.integer(1, 20);
    s.out_channels = s.groups * random.integer(1, 20);
  }
  const int first_axis = random.integer(0, 4) == 0 ? 0 : random.integer(0, 5) == 0 ? 2 : 1;
  const bool plain = random.integer(0, 2) == 0;  // 3x3, stride 1, pad 1: Winograd's
  for (std::size_t i = static_cast<std::size_t>(first_axis); i < 3; ++i) {
    s.in[i] = random.integer(0, 1) == 0 ? random.integer(1, 12) : random.integer(1, 67);
    s.kernel[i] = plain ? 3 : random.integer(1, 5);
    s.stride[i] = plain ? 1 : random.integer(1, 3);
    s.dilation[i] = plain || random.integer(0, 1) == 0 ? 1 : random.integer(1, 3);
    s.pad_begin[i] = plain ? 1 : random.integer(0, 3);
    s.pad_end[i] = plain || random.integer(0, 1) == 0 ? s.pad_begin[i] : random.integer(0, 3);
  }
  return s;
}

bool exists(const ConvShape& s) {
  for (std::size_t i = 0; i < 3; ++i)
    if (s.in[i] + s.pad_begin[i] + s.pad_end[i] < s.dilation[i] * (s.kernel[i] - 1) + 1)
      return false;
  return true;
}

// A shape of at most random_macs: sizes are halved in turn until it is.
ConvShape small_shape(Random& random) {
  for (;;) {
    ConvShape s = random_shape(random);
    while (exists(s) && s.macs() > random_macs) {
      const int what = random.integer(0, 4);
      if (what < 3) {
        int& size = s.in[static_cast<std::size_t>(what)];
        size = std::max(1, size * 2 / 3);
      } else if (s.groups == 1) {
        int& count = what == 3 ? s.in_channels : s.out_channels;
        count = std::max(1, count * 2 / 3);
      } else {
        const int c = s.in_channels / s.groups, oc = s.out_channels / s.groups;
        s.groups = std::max(1, s.groups * 2 / 3);
        s.in_channels = c * s.groups;
        s.out_channels = oc * s.groups;
      }
    }
    if (exists(s)) return s;
  }
}

Case random_case(std::uint64_t seed) {
  Random random(seed * 7919 + 17);
  Case c{"random", small_shape(random), seed, seed % 2 == 0, {}, {}, false};
  c.order = static_cast<TaskOrder>(random.integer(0, 3));
  c.guard = random.integer(0, 1) == 0 ? Guard::bytes : Guard::end_page;
  c.shape.residual = random.integer(0, 2) == 0;
  return c;
}

TEST_CASE("named shapes") {
  for (const NamedConv& named : conv_shapes)
    for (const bool whole : {true, false})
      for (const Guard guard : {Guard::bytes, Guard::end_page})
        check_case({named.name, named.shape, 1, whole, TaskOrder::whole, guard, true});
}

TEST_CASE("named shapes with a residual") {
  for (const NamedConv& named : conv_shapes)
    for (const bool whole : {true, false}) {
      ConvShape s = named.shape;
      s.residual = true;
      check_case({named.name, s, 5, whole, TaskOrder::whole, Guard::end_page, true});
    }
}

TEST_CASE("shapes of perf/ with few pixels") {
  for (const NamedConv& named : conv_perf_shapes) {
    ConvShape s = named.shape;
    for (auto& size : s.in) size = std::min(size, s.macs() > (1 << 22) ? 5 : 9);
    s.in_channels = std::min(s.in_channels, 320);
    s.out_channels = std::min(s.out_channels, 160);
    if (s.groups > 1) s.out_channels = s.groups = s.in_channels;
    check_case({named.name, s, 2, false, TaskOrder::whole, Guard::bytes, true});
  }
}

TEST_CASE("pixels that would share the sets of L1") {
  ConvShape halved = strided(256, 80, 59, 3, 2, 1);
  halved.in[1] = 4;
  const ConvShape shapes[] = {
      {.in_channels = 512, .out_channels = 70, .in = {1, 2, 31}},
      halved,
      {.in_channels = 40, .out_channels = 512, .in = {1, 5, 30}, .stride = {1, 2, 2}}};
  for (const ConvShape& s : shapes)
    for (const bool whole : {true, false})
      check_case({"2 KiB apart", s, 6, whole, TaskOrder::whole, Guard::end_page, false});
}

// Tiles end where a tap enters or leaves the image. Of the second and fourth no pixel meets all
// taps, of the two before the last some meet none; a row of the last is cut into segments.
TEST_CASE("taps that lie far apart") {
  const auto dilated = [](int channels, int to, int columns, int taps, int e) {
    const int pad = (taps / 2) * e;
    return ConvShape{.in_channels = channels,
                     .out_channels = to,
                     .in = {1, 3, columns},
                     .kernel = {1, 1, taps},
                     .dilation = {1, 1, e},
                     .pad_begin = {0, 0, pad},
                     .pad_end = {0, 0, pad}};
  };
  ConvShape square = dilated(70, 40, 28, 3, 12);
  square.in[1] = 17;
  square.kernel[1] = 3;
  square.dilation[1] = square.pad_begin[1] = square.pad_end[1] = 12;
  ConvShape halved = dilated(33, 40, 67, 3, 9);
  halved.stride[2] = 2;
  ConvShape one_sided = dilated(20, 70, 50, 4, 7);
  one_sided.pad_begin[2] = 21;
  one_sided.pad_end[2] = 0;
  ConvShape deep = dilated(16, 33, 21, 3, 5);
  deep.in[0] = 3;
  deep.kernel[0] = 3;
  deep.pad_begin[0] = deep.pad_end[0] = 1;
  ConvShape sparse = dilated(20, 24, 2, 3, 5);
  sparse.stride[2] = 4;
  const ConvShape shapes[] = {square,
                              dilated(40, 70, 28, 3, 24),
                              dilated(512, 70, 64, 3, 12),
                              dilated(512, 70, 64, 3, 36),
                              dilated(24, 17, 90, 5, 8),
                              halved,
                              one_sided,
                              deep,
                              dilated(40, 24, 9, 2, 30),
                              sparse,
                              dilated(5, 8, 1500, 3, 600)};
  for (const ConvShape& s : shapes)
    for (const bool whole : {true, false})
      check_case({"far apart", s, 7, whole, TaskOrder::whole, Guard::end_page, false});
}

TEST_CASE("random shapes") {
  if (const char* only = std::getenv("BURIN_TEST_SEED")) {
    check_case(random_case(std::strtoull(only, nullptr, 10)));
    return;
  }
  constexpr std::uint64_t count = random_cases(5200);
  for (std::uint64_t seed = 0; seed < count; ++seed) check_case(random_case(seed));
}

TEST_CASE("the order of tasks changes no bit") {
  for (const NamedConv& named : conv_shapes) {
    Random random(3);
    const ConvShape& s = named.shape;
    const ConvNumbers n = numbers(s, random, false);
    const Case c{named.name, s, 3, false, {}, Guard::bytes, false};
    const auto same = [&](const char* entry, const auto& run) {
      const ConvResult want = run(TaskOrder::whole);
      for (const TaskOrder order : {TaskOrder::single, TaskOrder::reverse, TaskOrder::ranges}) {
        INFO(std::string(named.name) << " " << std::string(entry));
        CHECK(run(order).numbers == want.numbers);
      }
    };
    for (const bool forward : {true, false})
      for (const ConvKernel* e : forward ? conv_forward_kernels() : conv_data_kernels())
        if (serves(*e, c) && e->isa != Isa::reference)
          same(e->name, [&](TaskOrder o) { return run_conv(*e, s, forward, n, o, Guard::bytes); });
    for (const ConvWeightKernel* e : conv_weight_kernels())
      if (serves(*e, c) && e->isa != Isa::reference)
        same(e->name, [&](TaskOrder o) { return run_conv_weight(*e, s, n, o, Guard::bytes); });
  }
}

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

// <conv(x), dy> = <x, data(dy)> = <w, weight(x, dy)>, exact in whole numbers.
TEST_CASE("gradients are the adjoints of the forward pass") {
  for (const NamedConv& named : conv_shapes) {
    Random random(4);
    const ConvShape& s = named.shape;
    ConvNumbers n = numbers(s, random, true);
    n.bias_in.clear();
    n.bias_out.clear();
    n.epilogue = {};
    const Case c{named.name, s, 4, true, {}, Guard::bytes, false};
    const auto exact = [&](const auto& e) {
      return serves(e, c) && (e.flags & kernel_f32_exact) != 0;
    };
    std::vector<double> products;
    for (const ConvKernel* e : conv_forward_kernels())
      if (exact(*e))
        products.push_back(
            dot(run_conv(*e, s, true, n, TaskOrder::whole, Guard::bytes).numbers, n.dy));
    for (const ConvKernel* e : conv_data_kernels())
      if (exact(*e))
        products.push_back(
            dot(run_conv(*e, s, false, n, TaskOrder::whole, Guard::bytes).numbers, n.x));
    for (const ConvWeightKernel* e : conv_weight_kernels())
      if (exact(*e))
        products.push_back(
            dot(run_conv_weight(*e, s, n, TaskOrder::whole, Guard::bytes).numbers, n.w));
    INFO(std::string(named.name));
    CHECK(std::count(products.begin(), products.end(), products[0]) ==
          static_cast<std::ptrdiff_t>(products.size()));
  }
}

// By hand: x = 1..9 as 3x3, w = 1..4 as 2x2, no pad: y[0] = 1*1 + 2*2 + 4*3 + 5*4 = 37.
TEST_CASE("known values") {
  const ConvShape s{.in_channels = 1, .out_channels = 1, .in = {1, 3, 3}, .kernel = {1, 2, 2}};
  ConvNumbers n;
  n.x = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  n.w = {1, 2, 3, 4};
  n.dy = {1, 10, 100, 1000};
  for (const ConvKernel* e : conv_forward_kernels())
    if (usable(e->isa) && e->refuse(s) == nullptr)
      CHECK(run_conv(*e, s, true, n, TaskOrder::whole, Guard::bytes).numbers ==
            std::vector<float>{37, 47, 67, 77});
  for (const ConvKernel* e : conv_data_kernels())
    if (usable(e->isa) && e->refuse(s) == nullptr)
      CHECK(run_conv(*e, s, false, n, TaskOrder::whole, Guard::bytes).numbers ==
            std::vector<float>{1, 12, 20, 103, 1234, 2040, 300, 3400, 4000});
  for (const ConvWeightKernel* e : conv_weight_kernels())
    if (usable(e->isa) && e->refuse(s) == nullptr)
      CHECK(run_conv_weight(*e, s, n, TaskOrder::whole, Guard::bytes).numbers ==
            std::vector<float>{5421, 6532, 8754, 9865});
}

}  // namespace

// Entries of AVX512_BF16: every pair of types of activations against the reference, in f32, of the
// numbers that they see.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/kernels/run_matmul.h"
#include "tests/kernels/typed_conv.h"
#include "tests/support/compare.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

constexpr Element types[] = {Element::f32, Element::bf16};

bool multiplies_bf16(unsigned flags) { return (flags & kernel_bf16_products) != 0; }
bool transforms(const ConvKernel& entry) {
  return std::string_view(entry.name).starts_with("winograd");
}

double error_of(const ConvResult& got, const ConvResult& want) {
  return relative_l2(std::span<const float>(got.numbers), std::span<const float>(want.numbers));
}

ConvResult reference(ConvShape s, bool forward, const ConvNumbers& n) {
  s.source_type = s.target_type = Element::f32;
  const ConvKernel& entry = *(forward ? conv_forward_kernels() : conv_data_kernels()).back();
  return run_conv(entry, s, forward, n, TaskOrder::whole, Guard::bytes);
}

// Relative L2 error of products of numbers rounded to bf16, and that of Winograd's transforms,
// which round in their own domain: of numbers that a ReLU has passed at most twice as much, in
// small volumes, most of which is border, 2.25 times. Few numbers may exceed it by chance.
struct Errors {
  double got, allowed;
};

Errors errors_of(const ConvKernel& entry, const ConvShape& s, bool forward, const ConvNumbers& n,
                 const ConvResult& got, double slack) {
  if (!multiplies_bf16(entry.flags) || !transforms(entry)) {
    const bool round = multiplies_bf16(entry.flags);
    return {error_of(got, reference(s, forward, as_seen(n, s, forward, round))), tolerance(s)};
  }
  const ConvResult exact = reference(s, forward, n);
  const ConvResult direct = reference(s, forward, as_seen(n, s, forward, true));
  const double stored = s.target_type == Element::bf16 ? 0x1p-8 : 0;
  const double most = s.in[0] == 1 ? 2 : 2.25;
  return {error_of(got, exact), most * error_of(direct, exact) + stored + slack};
}

// Returns how many entries served.
int check(const std::string& name, ConvShape s, Random& random, double slack) {
  int served = 0;
  for (const bool forward : {true, false})
    for (const Element source : types)
      for (const Element target : types) {
        s.source_type = source;
        s.target_type = target;
        s.residual = random.integer(0, 1) == 1;
        ConvNumbers n = random_numbers(s, random);
        for (auto* list : {&n.x, &n.dy})
          for (float& v : *list) v = std::max(v, 0.0f);
        n.epilogue = {Activation::leaky_relu, 0.125f};
        for (const ConvKernel* e : forward ? conv_forward_kernels() : conv_data_kernels()) {
          if (e->isa != Isa::bf16 || !usable(e->isa) || e->refuse(s) != nullptr) continue;
          const ConvResult got = run_conv(*e, s, forward, n, TaskOrder::reverse, Guard::end_page);
          const Errors errors = errors_of(*e, s, forward, n, got, slack);
          INFO(name << std::string(forward ? " forward " : " data ") << std::string(e->name) << " "
                    << text(s) << " types " << static_cast<int>(source) << " to "
                    << static_cast<int>(target) << ": error " << errors.got << ", allowed "
                    << errors.allowed << " " << got.fault);
          CHECK((got.fault.empty() && errors.got <= errors.allowed));
          CHECK(run_conv(*e, s, forward, n, TaskOrder::ranges, Guard::bytes).numbers ==
                got.numbers);
          ++served;
        }
      }
  return served;
}

TEST_CASE("other levels refuse activations in bf16, and wide entries those of f32 alone") {
  ConvShape s = same_3x3(32, 32, 8, 8);
  for (const bool forward : {true, false})
    for (const ConvKernel* e : forward ? conv_forward_kernels() : conv_data_kernels()) {
      const bool tiles = std::string_view(e->name).starts_with("tiles");
      s.source_type = s.target_type = Element::bf16;
      if (e->isa != Isa::bf16 && !tiles) CHECK(e->refuse(s) != nullptr);
      s.source_type = s.target_type = Element::f32;
      if (e->isa == Isa::bf16 && !multiplies_bf16(e->flags)) CHECK(e->refuse(s) != nullptr);
    }
}

TEST_CASE("named shapes hold the precision of each pair of types") {
  Random random(11);
  int served = 0;
  for (const NamedConv& named : conv_shapes) served += check(named.name, named.shape, random, 4e-3);
  CHECK((served > 100 || !usable(Isa::bf16)));
  if (!usable(Isa::bf16)) MESSAGE("skipped: no AVX512_BF16");
}

// Pixels 2 KiB apart are copied; sources in several chunks, whose copies have lines of their own.
TEST_CASE("pixels that would share the sets of L1, and sources in chunks") {
  Random random(15);
  ConvShape chunks{.in_channels = 1040,
                   .out_channels = 70,
                   .in = {1, 3, 30},
                   .kernel = {1, 3, 3},
                   .dilation = {1, 2, 2},
                   .pad_begin = {0, 2, 2},
                   .pad_end = {0, 2, 2}};
  const int served =
      check("chunks", chunks, random, 0) +
      check("1x1", {.in_channels = 1024, .out_channels = 70, .in = {1, 2, 31}}, random, 0);
  CHECK((served > 0 || !usable(Isa::bf16)));
}

TEST_CASE("of many numbers the error of transforms is about twice that of direct products") {
  Random random(12);
  for (const ConvShape& s :
       {same_3x3(64, 64, 24, 30), same_3x3(70, 50, 20, 20), same_3x3(400, 40, 10, 12),
        same_3x3x3(36, 40, 7), same_3x3x3(200, 33, 5), half_4x4(64, 40, 24), half_4x4(130, 200, 12),
        half_4x4x4(48, 40, 10)}) {
    const int served = check("many", s, random, 0);
    CHECK((served > 0 || !usable(Isa::bf16)));
  }
}

TEST_CASE("ragged channels, slices of a pixel and strides") {
  Random random(13);
  int served = 0;
  for (int i = 0; i < random_cases(120); ++i) {
    const bool volume = i % 4 == 0;
    ConvShape s = volume ? same_3x3x3(random.integer(1, 40), random.integer(1, 40), 4)
                         : same_3x3(random.integer(1, 80), random.integer(1, 80),
                                    random.integer(1, 19), random.integer(1, 33));
    if (i % 4 == 1) s.stride = {1, 2, 2};
    if (i % 8 == 4)
      s = half_4x4x4(random.integer(1, 40), random.integer(1, 40), random.integer(3, 9));
    if (i % 4 == 2) {
      s.kernel = {1, 1, 1};
      s.pad_begin = s.pad_end = {0, 0, 0};
    }
    s.batch = random.integer(1, 2);
    served += check("ragged", s, random, 8e-3);
  }
  CHECK((served > random_cases(120) || !usable(Isa::bf16)));
}

TEST_CASE("matrix products hold the precision of each pair of types") {
  Random random(14);
  int served = 0;
  for (int i = 0; i < random_cases(200); ++i) {
    MatmulCase c;
    MatmulShape& s = c.shape;
    s = {.m = random.integer(1, 40),
         .n = random.integer(1, 90),
         .k = i % 8 == 0 ? random.integer(1000, 1300) : random.integer(1, 200),
         .source_type = types[i % 2],
         .target_type = types[i / 2 % 2]};
    s.a_row = s.k + random.integer(0, 3);
    s.b_depth = i % 3 == 0 ? 1 : s.n;
    s.b_column = i % 3 == 0 ? s.k : 1;
    s.residual = random.integer(0, 1) == 1;
    const auto draw = [&](std::int64_t count) {
      auto list = random.reals(static_cast<std::size_t>(count));
      round_list(list);
      return list;
    };
    c.a = draw((s.m - 1) * s.a_row + s.k);
    c.b = draw(s.k * s.n);
    c.bias = draw(s.n);
    c.residual = draw(s.m * s.n);
    c.c_gap = random.integer(0, 3);
    c.guard = i % 5 == 0 ? Guard::end_page : Guard::bytes;
    MatmulCase wide = c;
    wide.shape.source_type = wide.shape.target_type = Element::f32;
    const ConvResult want = run_matmul(*matmul_kernels().back(), wide);
    for (const MatmulKernel* e : matmul_kernels()) {
      if (e->isa != Isa::bf16 || !usable(e->isa) || e->refuse(s) != nullptr) continue;
      const ConvResult got = run_matmul(*e, c);
      const double allowed = s.target_type == Element::bf16 ? 0x1p-8 : 1e-5;
      INFO(std::string(e->name) << " m " << s.m << " n " << s.n << " k " << s.k << ": error "
                                << error_of(got, want) << " " << got.fault);
      CHECK((got.fault.empty() && error_of(got, want) <= allowed));
      ++served;
    }
  }
  CHECK((served > 0 || !usable(Isa::bf16)));
}

}  // namespace

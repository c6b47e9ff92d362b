// Every entry with every activation: what it says that it applies is what the reference computes,
// NaN included, and for the rest `choose` finds another.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "tests/kernels/run_conv.h"
#include "tests/kernels/run_matmul.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

constexpr Activation activations[] = {Activation::none,       Activation::relu,
                                      Activation::leaky_relu, Activation::relu6,
                                      Activation::sigmoid,    Activation::tanh};
// Results are of size 1 to 10: both ends of relu6 are met.
constexpr float slope = 0.125f;

ConvShape grouped(ConvShape s, int groups) {
  s.groups = groups;
  return s;
}

// Together they are served by every entry: pictures, many channels and few, depthwise ones, a
// volume, and 4x4 and 4x4x4 by steps of 2.
const ConvShape conv_cases[] = {same_3x3(20, 37, 9, 17), grouped(same_3x3(24, 24, 9, 10), 24),
                                same_3x3x3(8, 12, 7), half_4x4(8, 12, 12), half_4x4x4(8, 12, 8)};

// Factors that bf16 holds, so that entries that round them see the same.
std::vector<float> factors(Random& random, std::size_t n) {
  std::vector<float> list = random.reals(n);
  for (float& v : list) v = widen_bf16(round_bf16(v));
  return list;
}

ConvNumbers conv_numbers(const ConvShape& s) {
  Random random(5);
  const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  return {.x = factors(random, size(s.batch * s.in_pixels() * s.in_channels)),
          .dy = factors(random, size(s.batch * s.out_pixels() * s.out_channels)),
          .w = factors(random, size(s.out_channels * (s.in_channels / s.groups) * s.taps())),
          .bias_out = random.reals(size(s.out_channels)),
          .bias_in = random.reals(size(s.in_channels))};
}

MatmulCase matmul_case() {
  Random random(6);
  return {.shape = {.m = 17, .n = 37, .k = 40, .a_row = 40, .b_depth = 37},
          .a = factors(random, 17 * 40),
          .b = factors(random, 40 * 37),
          .bias = random.reals(37)};
}

// Those that the reference alone applies: checked against the standard library.
bool smooth(Activation a) { return a == Activation::sigmoid || a == Activation::tanh; }
float smooth_value(Activation a, float v) {
  const double x = v;
  return static_cast<float>(a == Activation::tanh ? std::tanh(x) : 1 / (1 + std::exp(-x)));
}

// The shape with the first types of activations that the entry serves, if any.
template <class Entry, class Shape>
std::optional<Shape> served(const Entry& entry, Shape shape) {
  for (const Element source : {Element::f32, Element::bf16})
    for (const Element target : {Element::f32, Element::bf16}) {
      shape.source_type = source;
      shape.target_type = target;
      if (usable(entry.isa) && entry.refuse(shape) == nullptr) return shape;
    }
  return {};
}

// run(entry, activation) gives the numbers of one entry; the reference is the last of them.
template <class Entry, class Shape, class Run>
void check_activations(std::span<const Entry* const> entries, const Shape& shape, const Run& run) {
  const Entry& reference = *entries.back();
  REQUIRE(reference.isa == Isa::reference);
  for (const Activation activation : activations) {
    std::vector<float> want = run(reference, smooth(activation) ? Activation::none : activation);
    if (smooth(activation))
      for (float& v : want) v = smooth_value(activation, v);
    const auto check = [&](const Entry& e) {
      INFO(std::string(e.name) << " activation " << static_cast<int>(activation));
      const bool products = (e.flags & kernel_bf16_products) != 0;
      const bool bf16 = products || served(e, shape)->target_type == Element::bf16;
      const bool transforms = std::string_view(e.name).starts_with("winograd");
      const double most = products && transforms ? 0.15 : bf16 ? 0.1 : 2e-4;
      CHECK(largest_difference<float, float>(run(e, activation), want) <= most);
    };
    for (const Entry* e : entries)
      if (served(*e, shape) && applies(*e, activation)) check(*e);
    const Entry* chosen = choose(entries, shape, {}, activation);
    REQUIRE(chosen != nullptr);
    check(*chosen);
  }
}

// NaN among the inputs reaches the results that it reaches without an activation.
template <class Entry, class Shape, class Run>
void check_nan(std::span<const Entry* const> entries, const Shape& shape, const Run& run) {
  for (const Entry* e : entries) {
    if (!served(*e, shape)) continue;
    const std::vector<float> plain = run(*e, Activation::none);
    std::size_t count = 0;
    for (const float v : plain) count += std::isnan(v);
    REQUIRE(count > 0);
    REQUIRE(count < plain.size());
    for (const Activation activation : activations) {
      if (!applies(*e, activation)) continue;
      INFO(std::string(e->name) << " activation " << static_cast<int>(activation));
      const std::vector<float> got = run(*e, activation);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < got.size(); ++i)
        wrong += std::isnan(got[i]) != std::isnan(plain[i]);
      CHECK(wrong == 0);
    }
  }
}

template <class Check>
void each_conv(ConvNumbers (*numbers)(const ConvShape&), const Check& check) {
  for (const ConvShape& shape : conv_cases)
    for (const bool forward : {true, false}) {
      INFO(std::string(forward ? "forward " : "data ") << text(shape));
      ConvNumbers n = numbers(shape);
      check(forward ? conv_forward_kernels() : conv_data_kernels(), shape,
            [&](const ConvKernel& e, Activation activation) {
              n.epilogue = {activation, slope};
              return run_conv(e, served(e, shape).value(), forward, n, TaskOrder::whole,
                              Guard::bytes)
                  .numbers;
            });
    }
}

template <class Check>
void each_matmul(const MatmulCase& c, const Check& check) {
  check(matmul_kernels(), c.shape, [&](const MatmulKernel& e, Activation activation) {
    MatmulCase typed = c;
    typed.shape = served(e, c.shape).value();
    typed.epilogue = {activation, slope};
    return run_matmul(e, typed).numbers;
  });
}

TEST_CASE("every entry applies its activations like the reference") {
  const auto check = [](auto entries, const auto& shape, const auto& run) {
    check_activations(entries, shape, run);
  };
  each_conv(conv_numbers, check);
  each_matmul(matmul_case(), check);
}

TEST_CASE("a NaN passes through every activation") {
  const auto check = [](auto entries, const auto& shape, const auto& run) {
    check_nan(entries, shape, run);
  };
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  each_conv(
      [](const ConvShape& shape) {
        ConvNumbers n = conv_numbers(shape);
        n.x[n.x.size() / 2] = nan;
        n.dy[n.dy.size() / 2] = nan;
        return n;
      },
      check);
  MatmulCase c = matmul_case();
  c.a[c.a.size() / 2] = nan;
  each_matmul(c, check);
}

TEST_CASE("the cases are served by every entry") {
  const auto check = [](const auto& entries) {
    for (const auto* e : entries) {
      INFO(std::string(e->name));
      bool any = !usable(e->isa);
      for (const ConvShape& shape : conv_cases) any = any || served(*e, shape).has_value();
      CHECK(any);
    }
  };
  check(conv_forward_kernels());
  check(conv_data_kernels());
  for (const MatmulKernel* e : matmul_kernels())
    CHECK((!usable(e->isa) || served(*e, matmul_case().shape).has_value()));
}

}  // namespace

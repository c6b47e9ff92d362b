// Which entry serves: by cost, by name, by level, and what is left when entries refuse.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/conv/conv.h"
#include "kernels/matmul/matmul.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

// A family of entries that only have a cost.
struct Size {
  int n;
};
struct NoArgs {};
using Entry = Kernel<Size, NoArgs>;

constexpr Entry make(const char* name, Isa isa, unsigned flags,
                     double (*cost)(const Size&) noexcept,
                     const char* (*refuse)(const Size&) noexcept) {
  Entry e{};
  e.name = name;
  e.isa = isa;
  e.flags = flags;
  e.cost = cost;
  e.refuse = refuse;
  return e;
}
const char* serve(const Size&) noexcept { return nullptr; }
const char* serve_even(const Size& s) noexcept { return s.n % 2 == 0 ? nullptr : "odd"; }

const Entry on_request = make(
    "whole_x", Isa::reference, kernel_on_request, [](const Size&) noexcept { return 0.0; }, serve);
const Entry even = make(
    "even_x", Isa::reference, 0, [](const Size&) noexcept { return 1.0; }, serve_even);
const Entry small = make(
    "small_x", Isa::reference, 0, [](const Size& s) noexcept { return s.n * 2.0; }, serve);
const Entry smaller = make(
    "smaller_x", Isa::reference, 0, [](const Size& s) noexcept { return s.n * 2.0; }, serve);
const Entry fast = make(
    "fast_x_avx2", Isa::avx2, 0, [](const Size&) noexcept { return 0.5; }, serve_even);
const Entry last = make(
    "reference", Isa::reference, kernel_transcendental,
    [](const Size& s) noexcept { return s.n + 100.0; }, serve);
const Entry* const all[] = {&on_request, &even, &small, &smaller, &last};
const Entry* const with_levels[] = {&fast, &even, &last};

const Entry* pick(int n, std::string_view wanted = {}, Activation activation = Activation::none) {
  return choose(std::span<const Entry* const>(all), Size{n}, wanted, activation);
}

TEST_CASE("the cheapest entry that serves is chosen, the first of equals") {
  CHECK(pick(2) == &even);
  CHECK(pick(3) == &small);
  CHECK(pick(201) == &last);
  CHECK(choose(std::span<const Entry* const>(all).first(2), Size{3}) == nullptr);
}

int questions = 0;
const char* count_and_serve_even(const Size& s) noexcept {
  ++questions;
  return serve_even(s);
}
const Entry slow = make(
    "slow_x", Isa::reference, kernel_asked_last, [](const Size&) noexcept { return 7.0; },
    count_and_serve_even);

TEST_CASE("an entry that is asked last is asked only where it may win") {
  const Entry* const entries[] = {&slow, &small, &last};
  const auto asked = [&](int n, std::string_view wanted = {},
                         Activation activation = Activation::none) {
    questions = 0;
    return std::pair(choose(std::span<const Entry* const>(entries), Size{n}, wanted, activation),
                     questions);
  };
  CHECK(asked(2) == std::pair(&small, 0));
  CHECK(asked(4) == std::pair(&slow, 1));
  CHECK(asked(5) == std::pair(&small, 1));
  CHECK(asked(2, "slow") == std::pair(&slow, 1));
  CHECK(asked(4, {}, Activation::tanh) == std::pair(&last, 0));
}

TEST_CASE("a name is asked for in full or up to an underscore") {
  CHECK(pick(2, "small") == &small);
  CHECK(pick(2, "smaller_x") == &smaller);
  CHECK(pick(2, "whole") == &on_request);
  CHECK(pick(2, "smal") == nullptr);
  CHECK(pick(2, "small_x_y") == nullptr);
  CHECK(pick(3, "even") == nullptr);
}

TEST_CASE("an activation that few entries apply rules out the others") {
  CHECK(pick(2, {}, Activation::relu6) == &even);
  CHECK(pick(2, {}, Activation::tanh) == &last);
  CHECK(pick(2, "small", Activation::sigmoid) == nullptr);
}

const Entry rounded = make(
    "rounded_x", Isa::reference, kernel_bf16_products, [](const Size&) noexcept { return 1.0; },
    serve);
const Entry plain = make(
    "plain_x", Isa::reference, kernel_f32_exact, [](const Size&) noexcept { return 3.0; }, serve);
const Entry clever = make(
    "clever_x", Isa::reference, 0, [](const Size&) noexcept { return 2.0; }, serve);
const Entry split = make(
    "split_x", Isa::reference, kernel_split_products, [](const Size&) noexcept { return 1.5; },
    serve);
const Entry* const by_precision[] = {&rounded, &plain, &clever, &split};

TEST_CASE("precisions by their names") {
  for (const Precision precision : {Precision::exact, Precision::f32, Precision::bf16})
    CHECK(precision_named(name_of(precision)) == precision);
  CHECK(name_of(Precision::exact) == "exact");
  for (const char* word : {"", "f64", "F32", "f32 "}) CHECK_FALSE(precision_named(word));
}

TEST_CASE("a precision rules out the entries that do not hold it") {
  const auto pick_for = [](Precision precision) {
    return choose(std::span<const Entry* const>(by_precision), Size{1}, {}, Activation::none,
                  precision);
  };
  CHECK(pick_for(Precision::exact) == &plain);
  CHECK(pick_for(Precision::f32) == &split);
  CHECK(pick_for(Precision::f32_unsplit) == &clever);
  CHECK(pick_for(Precision::bf16) == &rounded);
  CHECK(choose(std::span<const Entry* const>(by_precision), Size{1}) == &split);
}

TEST_CASE("exact means no Winograd and no rounding") {
  const ConvShape large = same_3x3(64, 64, 64, 64);
  for (const auto& entries : {conv_forward_kernels(), conv_data_kernels()}) {
    const auto* exact = choose(entries, large, {}, Activation::none, Precision::exact);
    REQUIRE(exact != nullptr);
    CHECK(std::string_view(exact->name).starts_with(usable(Isa::avx2) ? "direct" : "reference"));
  }
}

TEST_CASE("f32 entries refuse activations of another type") {
  ConvShape s = same_3x3(64, 64, 8, 8);
  MatmulShape m{.m = 9, .n = 7, .k = 5, .a_row = 5, .b_depth = 7};
  s.source_type = m.target_type = Element::bf16;
  const auto exact_refuses = [](const auto& entries, const auto& shape) {
    for (const auto* e : entries)
      if ((e->flags & kernel_f32_exact) != 0) CHECK(e->refuse(shape) != nullptr);
  };
  exact_refuses(conv_forward_kernels(), s);
  exact_refuses(conv_data_kernels(), s);
  exact_refuses(conv_weight_kernels(), s);
  exact_refuses(matmul_kernels(), m);
}

TEST_CASE("an entry above the CPU or above BURIN_MAX_ISA is passed over") {
  const std::span<const Entry* const> entries = with_levels;
  CHECK(choose(entries, Size{2}) == (usable(Isa::avx2) ? &fast : &even));
  CHECK(choose(entries, Size{3}) == &last);
  if (const char* cap = std::getenv("BURIN_MAX_ISA"); cap != nullptr && *cap != '\0')
    CHECK(isa_name(isa_cap()) == cap);
}

std::string_view chosen(std::span<const ConvKernel* const> entries, const ConvShape& s) {
  return choose(entries, s)->name;
}

TEST_CASE("each class of convolutions gets its algorithm") {
  if (!usable(Isa::avx2)) return;
  const ConvShape large = same_3x3(64, 64, 64, 64);
  ConvShape strided = large, pointwise = large, depthwise = large;
  strided.stride = {1, 2, 2};
  pointwise.kernel = {1, 1, 1};
  pointwise.pad_begin = pointwise.pad_end = {0, 0, 0};
  depthwise.groups = 64;
  if (usable(Isa::amx)) {
    for (const auto& entries : {conv_forward_kernels(), conv_data_kernels()}) {
      CHECK(chosen(entries, large).starts_with("tiles_split"));
      CHECK(chosen(entries, strided).starts_with("tiles_split"));
      CHECK(chosen(entries, depthwise).starts_with("depthwise"));
    }
    return;
  }
  const std::string level = usable(Isa::avx512) ? "avx512" : "avx2";
  for (const auto& entries : {conv_forward_kernels(), conv_data_kernels()}) {
    CHECK(chosen(entries, large).starts_with("winograd"));
    CHECK(chosen(entries, strided).starts_with("direct"));
    CHECK(chosen(entries, pointwise).starts_with("direct"));
    CHECK(chosen(entries, depthwise).starts_with("depthwise"));
    for (const ConvShape& s : {large, strided, pointwise, depthwise})
      CHECK(chosen(entries, s).ends_with(level));
  }
}

// Of 28x28 pixels, taps that lie 12 apart meet half as many as all.
TEST_CASE("direct convolutions pay where most taps lie outside of the image") {
  if (!usable(Isa::avx2) || usable(Isa::amx)) return;
  const auto far_apart = [](int e) {
    ConvShape s = same_3x3(512, 256, 28, 28);
    s.dilation = {1, e, e};
    s.pad_begin = s.pad_end = {0, e, e};
    return s;
  };
  for (const auto& entries : {conv_forward_kernels(), conv_data_kernels()}) {
    CHECK(chosen(entries, far_apart(2)).starts_with("winograd"));
    CHECK(chosen(entries, far_apart(12)).starts_with("direct"));
    CHECK(chosen(entries, far_apart(24)).starts_with("direct"));
  }
}

// 1x1 from 32 to 192 channels; of 4x4 pixels, from 1344 to 224, tasks share the channels.
TEST_CASE("direct convolutions of few pixels have tasks for several threads") {
  const ConvShape rows{.in_channels = 32, .out_channels = 192, .in = {1, 32, 32}};
  const ConvShape few{.in_channels = 1344, .out_channels = 224, .in = {1, 4, 4}};
  const ConvShape tiny{.in_channels = 8, .out_channels = 96, .in = {1, 4, 4}};
  for (const auto& entries : {conv_forward_kernels(), conv_data_kernels()})
    for (const auto* e : entries) {
      if (!is_named(e->name, "direct")) continue;
      INFO(e->name);
      CHECK(e->tasks(rows, 0) >= 4);
      CHECK(e->tasks(few, 0) >= 4);
      CHECK(e->tasks(tiny, 0) == 1);
    }
}

// 3x3 from 128 to 32 channels, as a dense block has them: 16 tiles of F(4,3), one panel.
TEST_CASE("Winograd convolutions of few tiles have tasks for two threads") {
  const ConvShape growth = same_3x3(128, 32, 14, 14);
  for (const auto& entries : {conv_forward_kernels(), conv_data_kernels()})
    for (const auto* e : entries) {
      if (!is_named(e->name, "winograd") || e->refuse(growth) != nullptr) continue;
      INFO(e->name);
      CHECK(e->tasks(growth, 0) >= 2);
    }
}

TEST_CASE("every shape has an entry, the reference where all others refuse") {
  ConvShape many_taps = same_3x3(4, 4, 30, 30);  // more than the lists of the direct entries hold
  many_taps.kernel = {1, 23, 23};
  many_taps.dilation = {1, 1, 2};
  many_taps.pad_begin = many_taps.pad_end = {0, 11, 22};
  const auto check = [](const auto& entries, const auto& shape) {
    REQUIRE(entries.back()->isa == Isa::reference);
    CHECK(entries.back()->refuse(shape) == nullptr);
    const auto* entry = choose(entries, shape);
    REQUIRE(entry != nullptr);
    CHECK(usable(entry->isa));
    CHECK((entry->flags & kernel_on_request) == 0);
    bool others = false;
    for (const auto* e : entries)
      others = others || (e != entries.back() && usable(e->isa) &&
                          (e->flags & kernel_on_request) == 0 && e->refuse(shape) == nullptr);
    CHECK((entry == entries.back()) == !others);
  };
  const auto check_conv = [&](const ConvShape& s) {
    INFO(text(s));
    check(conv_forward_kernels(), s);
    check(conv_data_kernels(), s);
    check(conv_weight_kernels(), s);
  };
  for (const NamedConv& named : conv_shapes) check_conv(named.shape);
  check_conv(many_taps);
  check(matmul_kernels(), MatmulShape{.m = 9, .n = 7, .k = 5, .a_row = 5, .b_depth = 7});
  check(matmul_kernels(),  // neither rows nor depth of a are neighbours
        MatmulShape{.m = 9, .n = 7, .k = 5, .a_row = 10, .a_depth = 2, .b_depth = 7});
}

}  // namespace

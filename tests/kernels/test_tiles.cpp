// The logic of tiles on any CPU: convolution entries over an emulated tile against the reference.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "kernels/conv/tiles_entry.h"
#include "kernels/conv/tiles_weight_entry.h"
#include "kernels/tiles/emulated.h"
#include "tests/kernels/typed_conv.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

template <bool forward, bool split>
const ConvKernel emulated = TilesEntry<EmulatedTiles, forward, split>::entry("tiles",
                                                                             Isa::reference);

template <bool split>
const ConvWeightKernel emulated_weight =
    TilesWeightEntry<EmulatedTiles, split>::entry("tiles", Isa::reference);

// Large shapes are for the cut, which the types do not change: not all pairs of these are run then.
bool wanted(const ConvShape& s) {
  if (s.macs() <= 2000000) return true;
  return s.source_type == s.target_type && (!sanitized || s.source_type == Element::f32);
}

template <bool forward, bool split>
void check(const char* name, ConvShape s, Random& random, const ConvKernel& entry) {
  for (const Element source : {Element::f32, Element::bf16})
    for (const Element target : {Element::f32, Element::bf16}) {
      s.source_type = source;
      s.target_type = target;
      s.residual = random.integer(0, 1) == 1;
      if (entry.refuse(s) != nullptr || !wanted(s)) continue;
      ConvNumbers n = random_numbers(s, random);
      n.epilogue = {Activation::leaky_relu, 0.125f};
      ConvShape plain = s;
      plain.source_type = plain.target_type = Element::f32;
      const auto& reference = *(forward ? conv_forward_kernels() : conv_data_kernels()).back();
      const ConvResult want = run_conv(reference, plain, forward, as_seen(n, s, forward, !split),
                                       TaskOrder::whole, Guard::bytes);
      const ConvResult got = run_conv(entry, s, forward, n, TaskOrder::reverse, Guard::end_page);
      const double error =
          relative_l2(std::span<const float>(got.numbers), std::span<const float>(want.numbers));
      INFO(std::string(name) << " " << std::string(entry.name) << " " << text(s) << " types "
                             << static_cast<int>(source) << " to " << static_cast<int>(target)
                             << ": error " << error << " " << got.fault);
      CHECK((got.fault.empty() && error <= tolerance(s)));
    }
}

template <bool forward, bool split>
void check_named(const ConvKernel& entry) {
  for (const NamedConv& named : conv_shapes) {
    Random random(7);
    check<forward, split>(named.name, named.shape, random, entry);
  }
}

TEST_CASE("emulated tiles hold the precision of each pair of types") {
  check_named<true, true>(emulated<true, true>);
  check_named<false, true>(emulated<false, true>);
  check_named<true, false>(emulated<true, false>);
  check_named<false, false>(emulated<false, false>);
}

template <bool forward, bool split>
void check_real(const char* wanted) {
  for (const ConvKernel* e : forward ? conv_forward_kernels() : conv_data_kernels())
    if (is_named(e->name, wanted) && usable(e->isa)) check_named<forward, split>(*e);
}

TEST_CASE("tiles of the CPU hold the precision of each pair of types") {
  check_real<true, true>("tiles_split");
  check_real<false, true>("tiles_split");
  check_real<true, false>("tiles_bf16");
  check_real<false, false>("tiles_bf16");
}

// Many channels: sums stay in L2 and target channels are sliced; many rows: windows move; few
// pixels: weights are read once, and fetched ahead where they are more than 640 KiB. From 512 source
// channels on pixels are fetched ahead; small images of a batch are planes of one.
TEST_CASE("emulated tiles with many channels, with long images and with many small ones") {
  Random random(8);
  ConvShape deep = same_3x3(330, 70, 5, 6);
  ConvShape tall = same_3x3(40, 24, 150, 33);
  ConvShape volume = same_3x3x3(36, 20, 7);
  volume.in = {9, 12, 17};
  ConvShape dense{.in_channels = 700, .out_channels = 520, .in = {1, 3, 1}};
  ConvShape deepest = same_3x3(520, 40, 7, 5);
  ConvShape small = same_3x3(40, 70, 4, 5);
  small.batch = 9;
  ConvShape halved = small;
  halved.in = {1, 8, 10};
  halved.kernel = {1, 4, 4};
  halved.stride = {1, 2, 2};
  for (const ConvShape& s : {deep, tall, volume, dense, deepest, small, halved}) {
    check<true, true>("large", s, random, emulated<true, true>);
    check<false, true>("large", s, random, emulated<false, true>);
    check<true, false>("large", s, random, emulated<true, false>);
    check<false, false>("large", s, random, emulated<false, false>);
  }
}

// A volume of `rows` rows, of which a window of one plane and those that its taps reach, but no
// longer one, fits when its source has this type: its planes take turns in memory.
ConvShape ring(bool forward, int stride, int rows) {
  ConvShape s{.in_channels = 300, .out_channels = 5, .in = {24 * stride, rows, 24}};
  if (!forward) std::swap(s.in_channels, s.out_channels);
  s.kernel = {3, 1, 1};
  s.stride = {stride, 1, 1};
  s.pad_begin = s.pad_end = {1, 0, 0};
  return s;
}

template <bool forward, bool split>
void check_ring(ConvShape s, Element source, Random& random) {
  s.source_type = source;
  REQUIRE(TilesPlan(s, forward, split).ring);
  check<forward, split>("ring", s, random, emulated<forward, split>);
  for (const ConvKernel* e : forward ? conv_forward_kernels() : conv_data_kernels())
    if (is_named(e->name, split ? "tiles_split" : "tiles_bf16") && usable(e->isa))
      check<forward, split>("ring", s, random, *e);
}

TEST_CASE("tiles in windows of one plane") {
  Random random(10);
  check_ring<true, false>(ring(true, 1, 12), Element::f32, random);
  check_ring<true, false>(ring(true, 2, 8), Element::bf16, random);
  check_ring<false, false>(ring(false, 1, 12), Element::bf16, random);
  check_ring<false, false>(ring(false, 2, 16), Element::f32, random);
  check_ring<true, true>(ring(true, 1, 9), Element::f32, random);
  check_ring<true, true>(ring(true, 2, 6), Element::f32, random);
  check_ring<true, true>(ring(true, 1, 18), Element::bf16, random);
  check_ring<false, true>(ring(false, 1, 9), Element::f32, random);
  check_ring<false, true>(ring(false, 2, 12), Element::f32, random);
  ConvShape cube = ring(true, 1, 20);  // in bands
  cube.batch = 2;
  cube.kernel = {3, 3, 2};
  cube.pad_begin = {1, 1, 0};
  cube.pad_end = {1, 1, 1};
  check_ring<true, false>(cube, Element::f32, random);
  REQUIRE(TilesPlan(cube, true, false).bands > 1);
}

// Products of rounded numbers are those of the reference of rounded numbers, so that only the order
// of the sums is left.
template <bool split>
void check_weight(const char* name, ConvShape s, Random& random, const ConvWeightKernel& entry) {
  for (const Element x : {Element::f32, Element::bf16})
    for (const Element dy : {Element::f32, Element::bf16}) {
      s.source_type = x;
      s.target_type = dy;
      if (entry.refuse(s) != nullptr || !wanted(s)) continue;
      const ConvNumbers n = random_numbers(s, random);
      ConvNumbers seen = n;
      if (!split) round_list(seen.x), round_list(seen.dy);
      ConvShape plain = s;
      plain.source_type = plain.target_type = Element::f32;
      const ConvResult want = run_conv_weight(*conv_weight_kernels().back(), plain, seen,
                                              TaskOrder::whole, Guard::bytes);
      const ConvResult got = run_conv_weight(entry, s, n, TaskOrder::reverse, Guard::end_page);
      const double error =
          relative_l2(std::span<const float>(got.numbers), std::span<const float>(want.numbers));
      INFO(std::string(name) << " " << std::string(entry.name) << " " << text(s) << " types "
                             << static_cast<int>(x) << " and " << static_cast<int>(dy) << ": error "
                             << error << " " << got.fault);
      CHECK((got.fault.empty() && error <= 1e-5));
    }
}

template <bool split>
void check_named_weights(const ConvWeightKernel& entry) {
  for (const NamedConv& named : conv_shapes) {
    Random random(9);
    check_weight<split>(named.name, named.shape, random, entry);
  }
}

TEST_CASE("weight gradients on tiles hold the precision of each pair of types") {
  check_named_weights<true>(emulated_weight<true>);
  check_named_weights<false>(emulated_weight<false>);
  for (const ConvWeightKernel* e : conv_weight_kernels()) {
    if (is_named(e->name, "tiles_split") && usable(e->isa)) check_named_weights<true>(*e);
    if (is_named(e->name, "tiles_bf16") && usable(e->isa)) check_named_weights<false>(*e);
  }
}

// Ranges of channels; windows of rows, of bands, and of several images.
TEST_CASE("emulated weight gradients of many channels and of long images") {
  Random random(10);
  ConvShape small = same_3x3(200, 280, 5, 6);
  small.batch = 3;
  ConvShape volume = same_3x3x3(36, 20, 7);
  volume.in = {9, 12, 17};
  ConvShape dense{.batch = 5, .in_channels = 40, .out_channels = 24, .in = {1, 9, 7}};
  dense.stride = {1, 2, 2};
  ConvShape images = same_3x3(24, 40, 16, 30);
  images.batch = 3;
  for (const ConvShape& s : {small, images, volume, dense, same_3x3(40, 24, 90, 64)}) {
    check_weight<true>("large", s, random, emulated_weight<true>);
    check_weight<false>("large", s, random, emulated_weight<false>);
  }
}

TEST_CASE("bf16 rounds to nearest, ties to even") {
  CHECK(round_bf16(1.0f) == 0x3f80);
  CHECK(round_bf16(1.00390625f) == 0x3f80);  // 1 + 2^-8, a tie
  CHECK(round_bf16(1.01171875f) == 0x3f82);  // 1 + 3 * 2^-8, a tie
  CHECK(round_bf16(-1.0040f) == 0xbf81);
  CHECK(widen_bf16(0x4049) == 3.140625f);
  const float nan = std::bit_cast<float>(0x7f800001u);  // its upper half alone is an infinity
  CHECK(std::isnan(widen_bf16(round_bf16(nan))));
  CHECK(std::isinf(widen_bf16(round_bf16(std::numeric_limits<float>::max()))));
}

}  // namespace

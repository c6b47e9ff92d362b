#include <doctest/doctest.h>

#include <bit>
#include <limits>
#include <string>

#include "kernels/pool/pool.h"
#include "tests/support/compare.h"
#include "tests/support/pixels.h"

namespace burin::test {
namespace {

using kernels::PoolArgs;
using kernels::PoolKernels;
using kernels::PoolShape;

std::string text(const PoolShape& s) {
  std::string out = std::to_string(s.batch) + "x" + std::to_string(s.channels) + " in";
  const auto add = [&](const char* word, const std::array<int, 3>& v) {
    out += std::string(" ") + word;
    for (const int i : v) out += " " + std::to_string(i);
  };
  add("", s.in);
  add("kernel", s.kernel);
  add("stride", s.stride);
  add("pads", s.pad_begin);
  add("", s.pad_end);
  return out + (s.count_padding ? " counted" : "");
}

std::int64_t pixels_in(const PoolShape& s) { return s.in_rows() * s.in[2]; }
std::int64_t pixels_out(const PoolShape& s) { return s.out_rows() * s.out(2); }

PoolShape random_shape(Random& random, int dimensions) {
  PoolShape s;
  s.batch = random.integer(1, 2);
  s.channels = random.integer(1, 70);
  s.count_padding = random.integer(0, 1) == 1;
  for (std::size_t axis = static_cast<std::size_t>(3 - dimensions); axis < 3; ++axis) {
    s.kernel[axis] = random.integer(1, 4);
    s.stride[axis] = random.integer(1, 4);
    s.pad_begin[axis] = random.integer(0, s.kernel[axis] - 1);
    s.pad_end[axis] = random.integer(0, s.kernel[axis] - 1);
    s.in[axis] = random.integer(s.kernel[axis], dimensions == 3 ? 6 : 11);
  }
  return s;
}

// The shapes of networks: 2x2 windows on even and odd images, channel counts around vector sizes.
std::vector<PoolShape> shapes() {
  std::vector<PoolShape> out;
  for (const int c : {1, 3, 8, 15, 16, 17, 31, 33, 64, 70})
    for (const int size : {2, 5, 6})
      out.push_back({.batch = 2,
                     .channels = c,
                     .in = {1, size, size + 1},
                     .kernel = {1, 2, 2},
                     .stride = {1, 2, 2}});
  out.push_back({.channels = 5, .in = {1, 20, 19}, .kernel = {1, 17, 16}});  // 272 taps: i32
  Random random(1);
  for (int i = 0; i < 150; ++i) out.push_back(random_shape(random, 1 + i % 3));
  return out;
}

enum class Pass { max, max_gradient, average, average_gradient };
constexpr Pass passes[] = {Pass::max, Pass::max_gradient, Pass::average, Pass::average_gradient};

bool is_forward(Pass pass) { return pass == Pass::max || pass == Pass::average; }

void run(const PoolKernels& table, Pass pass, const PoolArgs& args) {
  const auto function = pass == Pass::max            ? table.max
                        : pass == Pass::max_gradient ? table.max_gradient
                        : pass == Pass::average      ? table.average
                                                     : table.average_gradient;
  const std::int64_t rows = is_forward(pass) ? args.shape.out_rows() : args.shape.in_rows();
  function(args, 0, rows / 2);
  function(args, rows / 2, rows);
}

// Indices of the reference, so that both gradients start from the same ones.
std::vector<std::int32_t> indices(const PoolShape& s, std::vector<float> x, const PoolKernels& by) {
  std::vector<std::int32_t> wide(static_cast<std::size_t>(pixels_out(s) * s.channels));
  std::vector<std::uint8_t> narrow(wide.size());
  std::vector<float> y(wide.size());
  const bool is_narrow = s.taps() <= kernels::pool_narrow_taps;
  void* index = is_narrow ? static_cast<void*>(narrow.data()) : wide.data();
  run(by, Pass::max, {s, x.data(), s.channels, y.data(), s.channels, index});
  if (is_narrow) wide.assign(narrow.begin(), narrow.end());
  return wide;
}

std::vector<float> result(const PoolKernels& table, Pass pass, const PoolShape& s,
                          const std::vector<float>& numbers, int extra) {
  const std::int64_t in = pixels_in(s), out = pixels_out(s);
  Pixels source(is_forward(pass) ? in : out, s.channels, extra, Guard::end_page);
  Pixels target(is_forward(pass) ? out : in, s.channels, extra, Guard::bytes);
  source.fill(numbers);
  const auto count = static_cast<std::size_t>(out * s.channels);
  Random random(9);
  const auto known =
      indices(s, random.reals(static_cast<std::size_t>(in * s.channels)), kernels::pool_reference);
  GuardedBuffer<std::uint8_t> narrow(count, Guard::end_page);
  GuardedBuffer<std::int32_t> wide(count, Guard::end_page);
  for (std::size_t i = 0; i < count; ++i) {
    narrow.data()[i] = static_cast<std::uint8_t>(known[i]);
    wide.data()[i] = known[i];
  }
  const bool is_narrow = s.taps() <= kernels::pool_narrow_taps;
  run(table, pass,
      {s, source.data(), source.stride(), target.data(), target.stride(),
       is_narrow ? static_cast<void*>(narrow.data()) : wide.data()});
  CHECK(target.intact());
  CHECK(narrow.intact());
  CHECK(wide.intact());
  return target.dense();
}

}  // namespace

TEST_CASE("pooling tables agree with the reference") {
  for (const PoolKernels* table : kernels::pool_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    Random random(2);
    int extra = 0;
    for (const PoolShape& s : shapes())
      for (const Pass pass : passes) {
        const std::int64_t pixels = is_forward(pass) ? pixels_in(s) : pixels_out(s);
        const auto numbers = random.reals(static_cast<std::size_t>(pixels * s.channels));
        const auto want = result(kernels::pool_reference, pass, s, numbers, 0);
        const auto got = result(*table, pass, s, numbers, extra = (extra + 1) % 4);
        INFO(table->name << " pass " << static_cast<int>(pass) << " " << text(s));
        if (pass == Pass::max)
          CHECK(got == want);
        else
          CHECK(largest_difference<float, float>(got, want) <= 1e-5);
      }
  }
}

// Of numbers that bf16 holds, the largest is the largest of the same numbers in f32.
TEST_CASE("max pooling of bf16 picks what f32 picks") {
  Random random(7);
  for (const PoolShape& s : shapes()) {
    const std::int64_t extra = random.integer(0, 3);
    const std::int64_t x_pixel = s.channels + extra, y_pixel = s.channels + 1;
    auto numbers = random.reals(static_cast<std::size_t>(pixels_in(s) * s.channels));
    for (float& v : numbers)
      v = std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) & 0xffff0000u);
    numbers[0] = -std::numeric_limits<float>::infinity();
    const auto want = result(kernels::pool_reference, Pass::max, s, numbers, 0);
    for (const PoolKernels* table : kernels::pool_kernels()) {
      if (!kernels::usable(table->isa)) continue;
      INFO(table->name << " " << text(s));
      GuardedBuffer<std::uint16_t> x(
          static_cast<std::size_t>((pixels_in(s) - 1) * x_pixel + s.channels), Guard::end_page);
      GuardedBuffer<std::uint16_t> y(
          static_cast<std::size_t>((pixels_out(s) - 1) * y_pixel + s.channels), Guard::bytes);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto pixel = static_cast<std::int64_t>(i) / s.channels;
        const auto channel = static_cast<std::int64_t>(i) % s.channels;
        x.data()[pixel * x_pixel + channel] =
            static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(numbers[i]) >> 16);
      }
      const kernels::PoolArgsBf16 args{.shape = s,
                                       .source = x.data(),
                                       .source_pixel = x_pixel,
                                       .target = y.data(),
                                       .target_pixel = y_pixel};
      table->max_bf16(args, 0, s.out_rows());
      CHECK(y.intact());
      std::vector<float> got(want.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        got[i] = std::bit_cast<float>(
            std::uint32_t{y.data()[at / s.channels * y_pixel + at % s.channels]} << 16);
      }
      CHECK(got == want);
    }
  }
}

TEST_CASE("a NaN of bf16 wins, of either sign") {
  const PoolShape s{.channels = 2, .in = {1, 2, 2}, .kernel = {1, 2, 2}, .stride = {1, 2, 2}};
  const std::uint16_t x[] = {0x3f80, 0x3f80, 0x7fc0, 0x4000, 0x3f80, 0xffc0, 0x3f80, 0x3f80};
  for (const PoolKernels* table : kernels::pool_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    std::uint16_t y[2] = {};
    table->max_bf16({.shape = s, .source = x, .source_pixel = 2, .target = y, .target_pixel = 2}, 0,
                    1);
    for (const std::uint16_t v : y) CHECK((v & 0x7fff) > 0x7f80);
  }
}

TEST_CASE("the first of equal maxima wins, and a NaN wins over all") {
  const PoolShape s{.channels = 2, .in = {1, 3, 4}, .kernel = {1, 3, 2}, .stride = {1, 1, 2}};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x(24, 1.0f);
  x[(1 * 4 + 1) * 2 + 1] = nan;  // tap 3 of the first window, channel 1
  x[(2 * 4 + 3) * 2] = 2.0f;     // tap 5 of the second, channel 0
  for (const PoolKernels* table : kernels::pool_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    CHECK(indices(s, x, *table) == std::vector<std::int32_t>{0, 3, 5, 0});
  }
}

TEST_CASE("indices are those of the reference") {
  Random random(3);
  for (const PoolShape& s : shapes()) {
    // Few different numbers, so that there are ties.
    const auto x = random.integers(static_cast<std::size_t>(pixels_in(s) * s.channels), 2);
    const auto want = indices(s, x, kernels::pool_reference);
    for (const PoolKernels* table : kernels::pool_kernels()) {
      if (!kernels::usable(table->isa)) continue;
      INFO(table->name << " " << text(s));
      CHECK(indices(s, x, *table) == want);
    }
  }
}

TEST_CASE("average pooling and its gradient are adjoint, exactly") {
  const PoolShape s{.batch = 2,
                    .channels = 19,
                    .in = {4, 6, 6},
                    .kernel = {2, 2, 4},
                    .stride = {2, 1, 3},
                    .count_padding = true};  // 16 taps: shares are exact in f32
  Random random(4);
  const auto x = random.integers(static_cast<std::size_t>(pixels_in(s) * s.channels), 7);
  const auto dy = random.integers(static_cast<std::size_t>(pixels_out(s) * s.channels), 7);
  for (const PoolKernels* table : kernels::pool_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    const auto y = result(*table, Pass::average, s, x, 0);
    const auto dx = result(*table, Pass::average_gradient, s, dy, 0);
    double left = 0, right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) left += double(y[i]) * double(dy[i]);
    for (std::size_t i = 0; i < x.size(); ++i) right += double(x[i]) * double(dx[i]);
    INFO(table->name);
    CHECK(left == right);
  }
}

TEST_CASE("sum and spread") {
  Random random(5);
  for (int channels = 1; channels <= 70; ++channels) {
    const std::int64_t pixels = random.integer(1, 40);
    const auto x = random.integers(static_cast<std::size_t>(pixels * channels), 9);
    std::vector<float> want(static_cast<std::size_t>(channels), 0.0f);
    for (std::size_t i = 0; i < x.size(); ++i) want[i % want.size()] += x[i];
    for (const PoolKernels* table : kernels::pool_kernels()) {
      if (!kernels::usable(table->isa)) continue;
      Pixels source(pixels, channels, channels % 3, Guard::end_page);
      Pixels sums(1, channels, 0, Guard::bytes), spread(pixels, channels, 1, Guard::bytes);
      source.fill(x);
      table->sum(source.data(), source.stride(), pixels, channels, sums.data());
      CHECK(sums.dense() == want);
      table->spread(sums.data(), spread.data(), spread.stride(), pixels, channels);
      CHECK(sums.intact());
      CHECK(spread.intact());
      const auto all = spread.dense();
      for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == want[i % want.size()]);
    }
  }
}

}  // namespace burin::test

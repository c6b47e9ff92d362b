#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/resize/resize.h"
#include "tests/support/compare.h"
#include "tests/support/pixels.h"

namespace burin::test {
namespace {

using kernels::ResizeKernels;
using kernels::ResizeShape;

struct Case {
  ResizeShape shape;
  bool linear = false, align_corners = false;
};

std::string text(const Case& k) {
  std::string out = k.linear ? "linear" : "nearest";
  out += k.align_corners ? " align_corners " : " half_pixel ";
  for (const int v : k.shape.in) out += std::to_string(v) + " ";
  out += "->";
  for (const int v : k.shape.out) out += " " + std::to_string(v);
  return out + " channels " + std::to_string(k.shape.channels);
}

std::vector<Case> cases() {
  std::vector<Case> out;
  Random random(1);
  for (int i = 0; i < 240; ++i) {
    Case k;
    k.shape.batch = random.integer(1, 2);
    k.shape.channels = i < 140 ? 1 + i / 2 : random.integer(1, 70);
    for (std::size_t axis = i % 3 == 0 ? 0 : 1; axis < 3; ++axis) {
      k.shape.in[axis] = random.integer(1, 7);
      k.shape.out[axis] = i % 4 == 0 && axis > 0 ? 2 * k.shape.in[axis] : random.integer(1, 13);
    }
    k.linear = i % 2 == 0;
    k.align_corners = i % 5 == 0;
    out.push_back(k);
  }
  return out;
}

bool doubles_width(const Case& k) {
  return k.linear && !k.align_corners && k.shape.out[2] == 2 * k.shape.in[2] &&
         k.shape.out[0] == k.shape.in[0];
}

bool doubles_both(const Case& k) { return doubles_width(k) && k.shape.out[1] == 2 * k.shape.in[1]; }

enum class Pass { forward, doubled, adjoint, adjoint_doubled };
bool is_adjoint(Pass pass) { return pass == Pass::adjoint || pass == Pass::adjoint_doubled; }

// Number: float, or std::uint16_t for the bits of bf16; `run` is a pass of a table.
template <class Number, class Run>
std::vector<float> resized(Run run, Pass pass, const Case& k, const std::vector<float>& numbers,
                           int extra) {
  const ResizeShape& s = k.shape;
  const std::int64_t in = s.in_rows() * s.in[2], out = s.out_rows() * s.out[2];
  const bool back = is_adjoint(pass);
  Pixels<Number> source(back ? out : in, s.channels, extra, Guard::end_page);
  Pixels<Number> target(back ? in : out, s.channels, extra, Guard::bytes);
  source.fill(numbers);
  std::array<std::vector<kernels::ResizeTap>, 3> taps;
  std::array<std::vector<int>, 3> begin;
  std::array<std::vector<kernels::ResizeReader>, 3> readers;
  kernels::ResizeArgsOf<Number> args{
      s, source.data(), source.stride(), target.data(), target.stride(), {}, {}};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    taps[axis].resize(static_cast<std::size_t>(s.out[axis]));
    begin[axis].resize(static_cast<std::size_t>(s.in[axis]) + 1);
    readers[axis].resize(2 * taps[axis].size());
    kernels::resize_taps(s.in[axis], s.out[axis], k.linear, k.align_corners, taps[axis].data());
    kernels::resize_adjoint(taps[axis].data(), s.in[axis], s.out[axis], begin[axis].data(),
                            readers[axis].data());
    args.taps[axis] = taps[axis].data();
    args.adjoint[axis] = {begin[axis].data(), readers[axis].data()};
  }
  const std::int64_t rows = back ? s.in_rows() : s.out_rows();
  run(args, 0, rows / 3);
  run(args, rows / 3, rows);
  CHECK(target.intact());
  return target.dense();
}

template <class Number>
auto forward_of(const kernels::ResizeForward<Number>& passes, Pass pass, const Case& k) {
  return pass == Pass::doubled ? passes.linear_double : k.linear ? passes.linear : passes.nearest;
}

std::vector<float> result(const ResizeKernels& table, Pass pass, const Case& k,
                          const std::vector<float>& numbers, int extra) {
  const auto run = pass == Pass::adjoint_doubled ? table.adjoint_double
                   : is_adjoint(pass)            ? table.adjoint
                                                 : forward_of(table.forward, pass, k);
  return resized<float>(run, pass, k, numbers, extra);
}

// Forward, of numbers rounded to bf16.
std::vector<float> result_bf16(const ResizeKernels& table, Pass pass, const Case& k,
                               const std::vector<float>& numbers) {
  return resized<std::uint16_t>(forward_of(table.forward_bf16, pass, k), pass, k, numbers, 1);
}

std::size_t numbers_of(const Case& k, Pass pass) {
  const ResizeShape& s = k.shape;
  return static_cast<std::size_t>(
      s.channels * (is_adjoint(pass) ? s.out_rows() * s.out[2] : s.in_rows() * s.in[2]));
}

// One row of four numbers, resized.
std::vector<float> row(int out, bool linear, bool align_corners) {
  return result(kernels::resize(), Pass::forward,
                {{1, 1, {1, 1, 4}, {1, 1, out}}, linear, align_corners}, {0, 1, 4, 9}, 0);
}

}  // namespace

TEST_CASE("resize tables agree with the reference") {
  int doubled = 0;
  for (const ResizeKernels* table : kernels::resize_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    Random random(2);
    int extra = 0;
    for (const Case& k : cases())
      for (const Pass pass : {Pass::forward, Pass::doubled, Pass::adjoint, Pass::adjoint_doubled}) {
        if (pass == Pass::doubled && !doubles_width(k)) continue;
        if (pass == Pass::adjoint_doubled && !doubles_both(k)) continue;
        doubled += pass == Pass::adjoint_doubled;
        const auto numbers = random.reals(numbers_of(k, pass));
        const auto want = result(kernels::resize_reference, pass, k, numbers, 0);
        const auto got = result(*table, pass, k, numbers, extra = (extra + 1) % 3);
        INFO(table->name << " pass " << static_cast<int>(pass) << " " << text(k));
        if (!k.linear && pass == Pass::forward)
          CHECK(got == want);
        else
          CHECK(largest_difference<float, float>(got, want) <= 2e-5);
      }
  }
  CHECK(doubled > 10);
}

TEST_CASE("of bf16 each result is that of f32, rounded") {
  Random random(8);
  for (const Case& k : cases()) {
    std::vector<float> numbers = random.reals(numbers_of(k, Pass::forward));
    for (float& v : numbers) v = kernels::widen_bf16(kernels::round_bf16(v));
    const auto want = result(kernels::resize_reference, Pass::forward, k, numbers, 0);
    for (const ResizeKernels* table : kernels::resize_kernels())
      for (const Pass pass : {Pass::forward, Pass::doubled}) {
        if (!kernels::usable(table->isa) || (pass == Pass::doubled && !doubles_width(k))) continue;
        const auto got = result_bf16(*table, pass, k, numbers);
        INFO(table->name << " pass " << static_cast<int>(pass) << " " << text(k));
        // Half a unit of bf16, and what sums in f32 are off where they cancel.
        float excess = 0;
        for (std::size_t i = 0; i < want.size(); ++i)
          excess = std::max(excess, std::abs(got[i] - want[i]) - 0x1.01p-8f * std::abs(want[i]));
        CHECK(excess <= (k.linear ? 1e-6f : 0.0f));
      }
  }
}

// Values from torch.nn.functional.interpolate 2.x on [0, 1, 4, 9]: modes linear, with and without
// align_corners, and nearest-exact.
TEST_CASE("known rows") {
  const auto near = [](const std::vector<float>& got, const std::vector<float>& want) {
    return largest_difference<float, float>(got, want) <= 1e-6;
  };
  CHECK(near(row(8, true, false), {0, 0.25f, 0.75f, 1.75f, 3.25f, 5.25f, 7.75f, 9}));
  CHECK(near(row(3, true, false), {0.16666667f, 2.5f, 8.1666667f}));
  CHECK(near(row(7, true, true), {0, 0.5f, 1, 2.5f, 4, 6.5f, 9}));
  CHECK(near(row(1, true, true), {0}));
  CHECK(near(row(8, false, false), {0, 0, 1, 1, 4, 4, 9, 9}));
  CHECK(near(row(3, false, false), {0, 4, 9}));
  CHECK(near(row(1, false, false), {4}));
}

TEST_CASE("resize and its adjoint agree exactly on whole numbers") {
  Random random(4);
  for (const ResizeKernels* table : kernels::resize_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    for (const Case& k : {Case{{2, 17, {1, 5, 6}, {1, 10, 12}}, true, false},
                          Case{{1, 3, {2, 3, 4}, {4, 6, 8}}, true, false},
                          Case{{1, 33, {1, 3, 3}, {1, 5, 9}}, true, true},
                          Case{{2, 20, {2, 7, 5}, {3, 4, 11}}, false, false}}) {
      const auto x = random.integers(numbers_of(k, Pass::forward), 5);
      const auto dy = random.integers(numbers_of(k, Pass::adjoint), 5);
      const auto y = result(*table, doubles_width(k) ? Pass::doubled : Pass::forward, k, x, 0);
      const auto dx =
          result(*table, doubles_both(k) ? Pass::adjoint_doubled : Pass::adjoint, k, dy, 0);
      double left = 0, right = 0;
      for (std::size_t i = 0; i < y.size(); ++i) left += double(y[i]) * double(dy[i]);
      for (std::size_t i = 0; i < x.size(); ++i) right += double(x[i]) * double(dx[i]);
      INFO(table->name << " " << text(k));
      CHECK(left == right);
    }
  }
}

}  // namespace burin::test

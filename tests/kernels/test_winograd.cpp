// Winograd: the identities behind its maps, its error against sums in double, ragged shapes.
// test_conv.cpp compares the same entries with the reference over the shared shape table.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/conv/winograd_transform.h"
#include "kernels/conv/winograd_window.h"
#include "tests/kernels/run_conv.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

// The vocabulary of simd/ with one lane of double.
struct Scalar {
  using reg = double;
  static constexpr int lanes = 1;
  static reg zero() { return 0; }
  static reg set(float v) { return v; }
  static reg mac(reg a, reg b, reg c) { return a * b + c; }
  static reg add(reg a, reg b) { return a + b; }
  static reg sub(reg a, reg b) { return a - b; }
  static reg mul(reg a, reg b) { return a * b; }
};

// y = At[(G g) . (Bt d)] is the correlation of d with g, on random numbers.
template <class F>
double forward_identity(Random& random) {
  double d[F::points], g[3], t[F::points], u[F::points], y[F::m];
  for (double& v : d) v = random.real();
  for (double& v : g) v = random.real();
  F::template input<Scalar>(d, t);
  F::template kernel<Scalar>(g, u);
  for (int i = 0; i < F::points; ++i) t[i] *= u[i];
  F::template output<Scalar>(t, y);
  double worst = 0;
  for (int i = 0; i < F::m; ++i)
    worst = std::max(worst, std::abs(y[i] - (d[i] * g[0] + d[i + 1] * g[1] + d[i + 2] * g[2])));
  return worst;
}

// dg = Gt[(Bt d) . (A dy)] is the correlation of d with dy.
template <class F>
double gradient_identity(Random& random) {
  double d[F::points], dy[F::m], t[F::points], w[F::points], g[3];
  for (double& v : d) v = random.real();
  for (double& v : dy) v = random.real();
  F::template input<Scalar>(d, t);
  F::template gradient<Scalar>(dy, w);
  for (int i = 0; i < F::points; ++i) t[i] *= w[i];
  F::template kernel_gradient<Scalar>(t, g);
  double worst = 0;
  for (int k = 0; k < 3; ++k) {
    double want = 0;
    for (int i = 0; i < F::m; ++i) want += d[i + k] * dy[i];
    worst = std::max(worst, std::abs(g[k] - want));
  }
  return worst;
}

struct Size {
  int h, w, c, oc;
  std::array<int, 4> pads{1, 1, 1, 1};  // top, bottom, left, right
  int batch = 1;
};

ConvShape shape_of(const Size& z) {
  ConvShape s;
  s.batch = z.batch;
  s.in_channels = z.c;
  s.out_channels = z.oc;
  s.in = {1, z.h, z.w};
  s.kernel = {1, 3, 3};
  s.pad_begin = {0, z.pads[0], z.pads[2]};
  s.pad_end = {0, z.pads[1], z.pads[3]};
  return s;
}

// Inputs like those behind a ReLU, weights of He's scale, gradients of either sign.
ConvNumbers numbers_for(const ConvShape& s, Random& random) {
  ConvNumbers n;
  n.x = random.reals(static_cast<std::size_t>(s.batch * s.in_pixels() * s.in_channels));
  for (float& v : n.x) v = std::max(v, 0.0f);
  n.dy = random.reals(static_cast<std::size_t>(s.batch * s.out_pixels() * s.out_channels));
  n.w = random.reals(static_cast<std::size_t>(s.in_channels) *
                     static_cast<std::size_t>(s.out_channels) * 9);
  const float scale = std::sqrt(6.0f / (9 * static_cast<float>(s.in_channels)));
  for (float& v : n.w) v *= scale;
  return n;
}

enum class Pass { forward, data, weight };

// The sum of one output number in double, straight from the formulas of conv.h.
double exact(const ConvShape& s, const ConvNumbers& n, Pass pass, std::size_t index) {
  const int ic = s.in_channels, oc = s.out_channels, h = s.in[1], w = s.in[2];
  const int oh = s.out(1), ow = s.out(2);
  const auto at = [](std::int64_t v) { return static_cast<std::size_t>(v); };
  const auto i = static_cast<std::int64_t>(index);
  double sum = 0;
  if (pass == Pass::weight) {
    const std::int64_t o = i / 9 / ic, c = i / 9 % ic, kh = i % 9 / 3, kw = i % 3;
    for (std::int64_t p = 0; p < s.batch * oh * ow; ++p) {
      const std::int64_t y = p / ow % oh + kh - s.pad_begin[1], x = p % ow + kw - s.pad_begin[2];
      if (y < 0 || x < 0 || y >= h || x >= w) continue;
      sum += double{n.x[at(((p / ow / oh * h + y) * w + x) * ic + c)]} * n.dy[at(p * oc + o)];
    }
    return sum;
  }
  const bool forward = pass == Pass::forward;
  const int to = forward ? oc : ic, from = forward ? ic : oc, th = forward ? oh : h,
            tw = forward ? ow : w, sh = forward ? h : oh, sw = forward ? w : ow;
  const std::int64_t p = i / to, channel = i % to;
  for (int k = 0; k < 9; ++k) {
    const int dy = k / 3 - s.pad_begin[1], dx = k % 3 - s.pad_begin[2];
    const std::int64_t y = p / tw % th + (forward ? dy : -dy), x = p % tw + (forward ? dx : -dx);
    if (y < 0 || x < 0 || y >= sh || x >= sw) continue;
    for (int c = 0; c < from; ++c) {
      const std::int64_t o = forward ? channel : c, ci = forward ? c : channel;
      sum += double{(forward ? n.x : n.dy)[at(((p / tw / th * sh + y) * sw + x) * from + c)]} *
             n.w[at((o * ic + ci) * 9 + k)];
    }
  }
  return sum;
}

// Relative L2 error over some thousand numbers of the result, picked at random.
double error_of(const ConvShape& s, const ConvNumbers& n, Pass pass, const ConvResult& got) {
  Random random(got.numbers.size());
  std::vector<float> some;
  std::vector<double> want;
  const auto step = static_cast<int>(got.numbers.size() / 1000 + 1);
  for (std::size_t i = 0; i < got.numbers.size();
       i += static_cast<std::size_t>(random.integer(1, step))) {
    some.push_back(got.numbers[i]);
    want.push_back(exact(s, n, pass, i));
  }
  return relative_l2(std::span<const float>(some), std::span<const double>(want));
}

bool is_winograd(const char* name) { return std::strncmp(name, "winograd", 8) == 0; }

// All passes of every Winograd entry that this CPU runs.
void check(const Size& size, Random& random, Guard guard, TaskOrder order) {
  const ConvShape s = shape_of(size);
  ConvNumbers n = numbers_for(s, random);
  n.x_gap = random.integer(0, 1) * random.integer(1, 5);
  n.dy_gap = random.integer(0, 1) * random.integer(1, 5);
  const auto judge = [&](const char* name, Pass pass, const ConvResult& got, double tolerance) {
    const double error = error_of(s, n, pass, got);
    INFO(std::string(name) << " pass " << static_cast<int>(pass) << " " << size.h << "x" << size.w
                           << " " << size.c << "->" << size.oc << " batch " << size.batch
                           << " pads " << size.pads[0] << size.pads[1] << size.pads[2]
                           << size.pads[3] << ": error " << error << " " << got.fault);
    CHECK((got.fault.empty() && error <= tolerance));
  };
  for (const auto* entry : conv_forward_kernels())
    if (is_winograd(entry->name) && usable(entry->isa))
      judge(entry->name, Pass::forward, run_conv(*entry, s, true, n, order, guard), 1e-5);
  for (const auto* entry : conv_data_kernels())
    if (is_winograd(entry->name) && usable(entry->isa))
      judge(entry->name, Pass::data, run_conv(*entry, s, false, n, order, guard), 1e-5);
  for (const auto* entry : conv_weight_kernels())
    if (is_winograd(entry->name) && usable(entry->isa))
      judge(entry->name, Pass::weight, run_conv_weight(*entry, s, n, order, guard), 3e-5);
}

}  // namespace

TEST_CASE("maps satisfy the identities of Winograd convolution") {
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    CHECK(forward_identity<WinogradF43>(random) < 1e-6);  // its scales are floats
    CHECK(forward_identity<WinogradF23>(random) < 1e-14);
    CHECK(gradient_identity<WinogradF43>(random) < 1e-6);
    CHECK(gradient_identity<WinogradF23>(random) < 1e-14);
  }
}

TEST_CASE("map_2d applies a map along both axes") {
  double in[3][3], out[4][4];
  Random random(2);
  for (auto& row : in)
    for (double& v : row) v = random.real();
  map_2d<Scalar, 3, 4>([](const auto& g, auto& u) { WinogradF23::kernel<Scalar>(g, u); },
                       [&](int i, int j) { return in[i][j]; },
                       [&](int i, int j, double v) { out[i][j] = v; });
  constexpr double g[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      double want = 0;
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) want += g[i][a] * in[a][b] * g[j][b];
      CHECK(out[i][j] == doctest::Approx(want));
    }
}

TEST_CASE("the five big shapes, made smaller, stay within the precision contract") {
  Random random(3);
  for (const Size& size : {Size{64, 64, 64, 64}, Size{40, 40, 128, 128}, Size{24, 24, 256, 256},
                           Size{12, 12, 512, 512}, Size{8, 8, 1024, 1024}})
    check(size, random, Guard::bytes, TaskOrder::whole);
}

TEST_CASE("ragged sizes, channels and pads") {
  Random random(4);
  for (int i = 0; i < 120; ++i) {
    Size size{random.integer(1, 67), random.integer(1, 67), random.integer(1, 130),
              random.integer(1, 130)};
    for (int& pad : size.pads) pad = random.integer(0, 2);
    size.h = std::max(size.h, 3 - size.pads[0] - size.pads[1]);
    size.w = std::max(size.w, 3 - size.pads[2] - size.pads[3]);
    size.batch = random.integer(1, 3);
    if (std::int64_t{size.h} * size.w * size.c * size.oc * size.batch > 4000000) {
      size.h = std::min(size.h, 9);
      size.batch = 1;
    }
    check(size, random, i % 2 == 0 ? Guard::bytes : Guard::end_page,
          i % 3 == 0 ? TaskOrder::reverse : TaskOrder::ranges);
  }
}

TEST_CASE("what Winograd does not serve is refused with a reason") {
  const auto refused = [](auto change) {
    ConvShape s = shape_of({8, 8, 4, 4});
    change(s);
    for (const auto* entry : conv_forward_kernels())
      if (is_winograd(entry->name) && entry->refuse(s) == nullptr) return false;
    for (const auto* entry : conv_weight_kernels())
      if (is_winograd(entry->name) && entry->refuse(s) == nullptr) return false;
    return true;
  };
  CHECK_FALSE(refused([](ConvShape&) {}));
  CHECK(refused([](ConvShape& s) { s.stride[1] = 2; }));
  CHECK(refused([](ConvShape& s) { s.dilation[2] = 2; }));
  CHECK(refused([](ConvShape& s) { s.kernel[2] = 5; }));
  CHECK(refused([](ConvShape& s) { s.pad_end[1] = 3; }));
  CHECK(refused([](ConvShape& s) { s.groups = 2; }));
  CHECK(refused([](ConvShape& s) { s.in[0] = 2; }));
}

// Winograd: the identities behind its maps, its error against sums in double, ragged shapes.
// test_conv.cpp compares the same entries with the reference over the shared shape table.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/conv/winograd_depth.h"
#include "kernels/conv/winograd_map.h"
#include "tests/kernels/run_conv.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin::kernels;
using namespace burin::test;

// The vocabulary of simd/ with one lane of double.
struct Scalar {
  using reg = double;
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
  double d[F::points], g[F::taps], t[F::points], u[F::points], y[F::m];
  for (double& v : d) v = random.real();
  for (double& v : g) v = random.real();
  F::template input<Scalar>(d, t);
  F::template kernel<Scalar>(g, u);
  for (int i = 0; i < F::points; ++i) t[i] *= u[i];
  F::template output<Scalar>(t, y);
  double worst = 0;
  for (int i = 0; i < F::m; ++i) {
    double want = 0;
    for (int k = 0; k < F::taps; ++k) want += d[i + k] * g[k];
    worst = std::max(worst, std::abs(y[i] - want));
  }
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

// What one axis does to rounding errors: the variance of the sum over points that becomes an output,
// over that of the output itself, for independent inputs and weights.
template <class F>
double amplification() {
  double worst = 0;
  for (int i = 0; i < F::m; ++i) {
    double sum = 0;
    for (int p = 0; p < F::points; ++p) {
      double input = 0, kernel = 0;
      for (const float b : winograd_input<F>.at[p]) input += double{b} * b;
      for (const float g : winograd_kernel<F>.at[p]) kernel += double{g} * g;
      sum += std::pow(winograd_output<F>.at[i][p], 2) * input * kernel;
    }
    worst = std::max(worst, sum / F::taps);
  }
  return worst;
}

// Relative L2 error that an entry may have in a sum of `terms` products of the transform domain:
// half a unit in the last place for each step of a random walk, twice for both factors' rounding.
double tolerance_of(std::string_view name, double terms) {
  const double f43 = amplification<WinogradF43>(), f23 = amplification<WinogradF23>(),
               f32 = amplification<WinogradF32>(), f22 = amplification<WinogradF22>();
  const double growth = name.starts_with("winograd_f43_")        ? f43 * f43
                        : name.starts_with("winograd_f23_")      ? f23 * f23
                        : name.starts_with("winograd_f32_s2")    ? f32 * f32
                        : name.starts_with("winograd_f22_s2")    ? f22 * f22
                        : name.starts_with("winograd_f3x3x3_s2") ? f32 * f32 * f32
                                                                 : f23 * f43 * f43;
  return 0x1p-24 * std::sqrt(growth) * (2 + std::sqrt(terms));
}

// A kernel that some entries serve; pads below its size.
struct Kind {
  const char* name;
  int depth, size, stride;
  [[nodiscard]] ConvShape shape(std::array<int, 3> in, int c, int oc, int pad = 1) const {
    return {.in_channels = c,
            .out_channels = oc,
            .in = in,
            .kernel = {depth, size, size},
            .stride = {depth > 3 ? stride : 1, stride, stride},
            .pad_begin = {depth > 1 ? pad : 0, pad, pad},
            .pad_end = {depth > 1 ? pad : 0, pad, pad}};
  }
};
constexpr Kind plane{"3x3", 1, 3, 1}, volume{"3x3x3", 3, 3, 1}, halving{"4x4 stride 2", 1, 4, 2},
    halving_volume{"4x4x4 stride 2", 4, 4, 2};

// Inputs like those behind a ReLU, weights of He's scale, gradients of either sign.
ConvNumbers numbers_for(const ConvShape& s, Random& random) {
  ConvNumbers n;
  n.x = random.reals(static_cast<std::size_t>(s.batch * s.in_pixels() * s.in_channels));
  for (float& v : n.x) v = std::max(v, 0.0f);
  n.dy = random.reals(static_cast<std::size_t>(s.batch * s.out_pixels() * s.out_channels));
  n.w = random.reals(static_cast<std::size_t>(s.taps() * s.in_channels * s.out_channels));
  const float scale = std::sqrt(6.0f / static_cast<float>(s.taps() * s.in_channels));
  for (float& v : n.w) v *= scale;
  return n;
}

enum class Pass { forward, data, weight };

// Input i of output o at tap t along an axis, or -1 outside.
int input_of(const ConvShape& s, std::size_t axis, int o, int t) {
  const int i = o * s.stride[axis] + t * s.dilation[axis] - s.pad_begin[axis];
  return i < s.in[axis] ? i : -1;
}
// Output of input i at tap t along an axis, or -1 where there is none.
int output_of(const ConvShape& s, std::size_t axis, int i, int t) {
  const int o = i + s.pad_begin[axis] - t * s.dilation[axis];
  if (o < 0 || o % s.stride[axis] != 0) return -1;
  return o / s.stride[axis] < s.out(static_cast<int>(axis)) ? o / s.stride[axis] : -1;
}

// The three places of number `index` in an array of d x h x w.
std::array<int, 3> place_in(std::int64_t index, int h, int w) {
  return {static_cast<int>(index / w / h), static_cast<int>(index / w % h),
          static_cast<int>(index % w)};
}

// The sum of one output number in double, straight from the formulas of conv.h.
double exact(const ConvShape& s, const ConvNumbers& n, Pass pass, std::size_t index) {
  const std::array<int, 3> out{s.out(0), s.out(1), s.out(2)};
  const int ic = s.in_channels, oc = s.out_channels;
  const auto at = [](std::int64_t v) { return static_cast<std::size_t>(v); };
  // Offset of the other side's pixel, or -1.
  const auto pixel = [&](const std::array<int, 3>& from, const std::array<int, 3>& tap,
                         bool input) -> std::int64_t {
    const std::array<int, 3>& size = input ? s.in : out;
    std::int64_t offset = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      const int i = input ? input_of(s, a, from[a], tap[a]) : output_of(s, a, from[a], tap[a]);
      if (i < 0) return -1;
      offset = offset * size[a] + i;
    }
    return offset;
  };
  const auto i = static_cast<std::int64_t>(index);
  double sum = 0;
  if (pass == Pass::weight) {
    const std::int64_t o = i / s.taps() / ic, c = i / s.taps() % ic;
    const auto tap = place_in(i % s.taps(), s.kernel[1], s.kernel[2]);
    for (std::int64_t p = 0; p < s.batch * s.out_pixels(); ++p) {
      const std::int64_t x = pixel(place_in(p % s.out_pixels(), out[1], out[2]), tap, true);
      if (x < 0) continue;
      sum +=
          double{n.x[at((p / s.out_pixels() * s.in_pixels() + x) * ic + c)]} * n.dy[at(p * oc + o)];
    }
    return sum;
  }
  const bool forward = pass == Pass::forward;
  const int to = forward ? oc : ic, from = forward ? ic : oc;
  const std::int64_t to_pixels = forward ? s.out_pixels() : s.in_pixels(),
                     from_pixels = forward ? s.in_pixels() : s.out_pixels();
  const std::array<int, 3>& size = forward ? out : s.in;
  const auto place = place_in(i / to % to_pixels, size[1], size[2]);
  for (std::int64_t k = 0; k < s.taps(); ++k) {
    const std::int64_t p = pixel(place, place_in(k, s.kernel[1], s.kernel[2]), forward);
    if (p < 0) continue;
    const std::int64_t first = (i / to / to_pixels * from_pixels + p) * from;
    for (int c = 0; c < from; ++c) {
      const std::int64_t o = forward ? i % to : c, ci = forward ? c : i % to;
      sum += double{(forward ? n.x : n.dy)[at(first + c)]} * n.w[at((o * ic + ci) * s.taps() + k)];
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

template <class Entry>
bool is_winograd(const Entry& entry) {
  return std::string_view(entry.name).starts_with("winograd");
}

// All passes of every Winograd entry that this CPU runs and that serves the shape.
void check(const ConvShape& s, Random& random, Guard guard, TaskOrder order) {
  ConvNumbers n = numbers_for(s, random);
  n.x_gap = random.integer(0, 1) * random.integer(1, 5);
  n.dy_gap = random.integer(0, 1) * random.integer(1, 5);
  const auto judge = [&](const char* name, Pass pass, const ConvResult& got, double terms,
                         double contract) {
    const double error = error_of(s, n, pass, got);
    const double tolerance = std::min(contract, tolerance_of(name, terms));
    INFO(std::string(name) << " pass " << static_cast<int>(pass) << " " << text(s) << ": error "
                           << error << ", allowed " << tolerance << " " << got.fault);
    CHECK((got.fault.empty() && error <= tolerance));
  };
  const auto serves = [&](const auto& entry) {
    const bool bf16 = (entry.flags & kernel_bf16_products) != 0;  // see test_bf16.cpp
    return is_winograd(entry) && !bf16 && usable(entry.isa) && entry.refuse(s) == nullptr;
  };
  int served = 0;
  for (const bool forward : {true, false})
    for (const auto* entry : forward ? conv_forward_kernels() : conv_data_kernels())
      if (serves(*entry)) {
        const int phases = s.stride[0] * s.stride[1] * s.stride[2];
        const int sources = forward ? s.in_channels * phases : s.out_channels;
        judge(entry->name, forward ? Pass::forward : Pass::data,
              run_conv(*entry, s, forward, n, order, guard), sources, 1e-5);
        ++served;
      }
  for (const auto* entry : conv_weight_kernels())
    if (serves(*entry))
      judge(entry->name, Pass::weight, run_conv_weight(*entry, s, n, order, guard),
            static_cast<double>(s.batch * s.out_pixels()), 3e-5);
  CHECK((served > 0 || !usable(Isa::avx2)));
}

// Ragged sizes, channels, pads and slices; no more multiply-adds than `most`.
ConvShape random_shape(const Kind& kind, int largest, std::int64_t most, Random& random) {
  ConvShape s = kind.shape({1, random.integer(1, largest), random.integer(1, largest)},
                           random.integer(1, 130), random.integer(1, 130));
  if (kind.depth > 1) s.in[0] = random.integer(1, largest);
  for (std::size_t a = kind.depth > 1 ? 0 : 1; a < 3; ++a) {
    s.pad_begin[a] = random.integer(0, s.kernel[a] - 1);
    s.pad_end[a] = random.integer(0, s.kernel[a] - 1);
    s.in[a] = std::max(s.in[a], s.kernel[a] - s.pad_begin[a] - s.pad_end[a]);
  }
  s.batch = random.integer(1, 3);
  if (s.batch * s.in_pixels() * s.in_channels * s.out_channels > most) {
    s.in[0] = std::min(s.in[0], 5);
    s.in[1] = std::min(s.in[1], 9);
    s.batch = 1;
  }
  return s;
}

}  // namespace

TEST_CASE("maps satisfy the identities of Winograd convolution") {
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    CHECK(forward_identity<WinogradF43>(random) < 1e-6);  // its scales are floats
    CHECK(forward_identity<WinogradF23>(random) < 1e-14);
    CHECK(forward_identity<WinogradF32>(random) < 1e-14);
    CHECK(forward_identity<WinogradF22>(random) < 1e-14);
    CHECK(forward_identity<WinogradF11>(random) < 1e-14);
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

TEST_CASE("slices of the depth are summed with the factors of the output map") {
  const auto check_form = [](auto form) {
    using D = decltype(form);
    Random random(5);
    double d[D::points], t[D::points], y[D::m], sums[D::m] = {};
    for (double& v : d) v = random.real();
    D::template output<Scalar>(d, y);
    bool done[D::m] = {};
    for (int step = 0; step < D::points; ++step)
      for (int k = 0; k < D::m; ++k) {
        const WinogradShare share = winograd_share<D>(step, k);
        if (share.factor == 0) continue;
        CHECK(share.first == (sums[k] == 0));
        CHECK_FALSE(done[k]);
        sums[k] += share.factor * d[winograd_point<D>(step)];
        done[k] = share.last;
      }
    for (int k = 0; k < D::m; ++k) {
      CHECK(done[k]);
      CHECK(sums[k] == doctest::Approx(y[k]).epsilon(1e-6));
    }
    D::template input<Scalar>(d, t);
    for (int p = 0; p < D::points; ++p) {
      double sum = 0;
      for (int k = 0; k < D::points; ++k) sum += winograd_input<D>.at[p][k] * d[k];
      CHECK(sum == doctest::Approx(t[p]).epsilon(1e-6));
    }
  };
  check_form(WinogradF11());
  check_form(WinogradF23());
  check_form(WinogradF43());
  check_form(WinogradF32());
}

TEST_CASE("the big shapes, made smaller, stay within the precision contract") {
  Random random(3);
  for (const ConvShape& s :
       {plane.shape({1, 64, 64}, 64, 64), plane.shape({1, 40, 40}, 128, 128),
        plane.shape({1, 24, 24}, 256, 256), plane.shape({1, 12, 12}, 512, 512),
        plane.shape({1, 8, 8}, 1024, 1024), volume.shape({16, 16, 16}, 32, 64),
        volume.shape({12, 12, 12}, 64, 64), volume.shape({8, 8, 8}, 192, 64),
        volume.shape({8, 8, 8}, 128, 128), volume.shape({6, 8, 8}, 256, 256),
        volume.shape({5, 7, 9}, 512, 48), halving.shape({1, 40, 40}, 64, 128),
        halving.shape({1, 20, 20}, 256, 512), halving.shape({1, 12, 12}, 512, 1024),
        halving.shape({1, 30, 30}, 128, 512), halving_volume.shape({16, 16, 16}, 64, 128),
        halving_volume.shape({10, 12, 14}, 96, 200)})
    check(s, random, Guard::bytes, TaskOrder::whole);
}

TEST_CASE("ragged sizes, channels and pads") {
  Random random(4);
  for (int i = 0; i < random_cases(300); ++i) {
    const Kind& kind = i % 10 < 3   ? plane
                       : i % 10 < 5 ? volume
                       : i % 10 < 8 ? halving
                                    : halving_volume;
    const ConvShape s = kind.depth == 1 ? random_shape(kind, 67, 4000000, random)
                                        : random_shape(kind, 13, 2000000, random);
    check(s, random, i % 2 == 0 ? Guard::bytes : Guard::end_page,
          i % 3 == 0 ? TaskOrder::reverse : TaskOrder::ranges);
  }
}

TEST_CASE("large weights are packed as taps, and those of few tiles") {
  Random random(7);
  const auto takes_taps = [](const ConvShape& s, std::string_view start, double numbers_of_u,
                             bool taps = true) {
    for (const auto* entry : conv_forward_kernels())
      if (std::string_view(entry->name).starts_with(start) && usable(entry->isa) &&
          (entry->flags & kernel_bf16_products) == 0) {
        const double u = numbers_of_u * s.in_channels * s.out_channels * sizeof(float);
        CHECK((static_cast<double>(entry->packed_bytes(s)) < 0.6 * u) == taps);
      }
  };
  // 2 blocks of 27 tiles, 4 of 14, 1 of 29, ragged channels, a last panel of one register
  const ConvShape deep = volume.shape({3, 9, 33}, 170, 190),
                  wide = volume.shape({2, 9, 7}, 389, 81, 2),
                  flat = plane.shape({1, 1, 113}, 690, 705),
                  half = halving.shape({1, 9, 10}, 530, 513),
                  eighth = halving_volume.shape({5, 6, 10}, 100, 193);
  takes_taps(deep, "winograd_f2x4x4_", 144);
  takes_taps(wide, "winograd_f2x4x4_", 144);
  takes_taps(flat, "winograd_f43_", 36);
  takes_taps(half, "winograd_f32_s2_", 64);
  takes_taps(eighth, "winograd_f3x3x3_s2_", 512);
  // 16 tiles of F(2,3), 4 of F(4,3)
  const ConvShape few = plane.shape({1, 7, 7}, 300, 270);
  takes_taps(few, "winograd_f23_", 16);
  takes_taps(few, "winograd_f43_", 36);
  takes_taps(plane.shape({1, 1, 113}, 300, 270), "winograd_f43_", 36, false);
  for (const ConvShape& s : {deep, wide, flat, half, eighth, few})
    check(s, random, Guard::end_page, TaskOrder::ranges);
}

TEST_CASE("phases of few target channels share a register") {
  Random random(8);
  for (const int channels : {1, 2, 3, 4, 5})
    for (const int columns : {6, 13, 40}) {
      const ConvShape s = halving.shape({1, 9, columns}, channels, 20);
      check(s, random, Guard::end_page, TaskOrder::ranges);
      for (const auto* entry : conv_data_kernels())
        if (std::string_view(entry->name).starts_with("winograd_f32_s2_14x32_avx512") &&
            usable(entry->isa) && entry->refuse(s) == nullptr)
          CHECK((entry->packed_bytes(s) < 16 * 32 * 64 * sizeof(float)) == (channels <= 4));
    }
}

TEST_CASE("dilated kernels see grids of their own") {
  Random random(6);
  for (int i = 0; i < random_cases(100); ++i) {
    ConvShape s = random_shape(plane, 30, 1000000, random);
    const int e = random.integer(2, 5);
    s.dilation = {1, e, e};
    for (std::size_t a = 1; a < 3; ++a) {
      s.pad_begin[a] = e * random.integer(0, 2);
      s.pad_end[a] = random.integer(0, 2 * e);
      s.in[a] = std::max(s.in[a], 2 * e + 1 - s.pad_begin[a] - s.pad_end[a]);
    }
    check(s, random, i % 2 == 0 ? Guard::bytes : Guard::end_page,
          i % 3 == 0 ? TaskOrder::reverse : TaskOrder::ranges);
  }
}

TEST_CASE("what Winograd does not serve is refused with a reason") {
  const auto refused = [](const Kind& kind, auto change) {
    ConvShape s = kind.shape({kind.depth > 1 ? 8 : 1, 8, 8}, 4, 4);
    change(s);
    for (const auto* entry : conv_forward_kernels())
      if (is_winograd(*entry) && entry->refuse(s) == nullptr) return false;
    for (const auto* entry : conv_data_kernels())
      if (is_winograd(*entry) && entry->refuse(s) == nullptr) return false;
    for (const auto* entry : conv_weight_kernels())
      if (is_winograd(*entry) && entry->refuse(s) == nullptr) return false;
    return true;
  };
  for (const Kind& kind : {plane, volume, halving, halving_volume}) {
    CHECK_FALSE(refused(kind, [](ConvShape&) {}));
    CHECK(refused(kind, [](ConvShape& s) { s.stride[1] = 3 - s.stride[1]; }));
    CHECK(refused(kind, [](ConvShape& s) { s.stride[0] = 3 - s.stride[0]; }));
    CHECK(refused(kind, [](ConvShape& s) { s.dilation[2] = 2; }));
    CHECK(refused(kind, [](ConvShape& s) { s.dilation = {1, 2, 2}; }));  // pads of 1
    CHECK(refused(kind, [](ConvShape& s) { s.kernel[2] = 5; }));
    CHECK(refused(kind, [](ConvShape& s) { s.kernel[0] = 2; }));
    CHECK(refused(kind, [](ConvShape& s) { s.pad_end[1] = s.kernel[1]; }));
    CHECK(refused(kind, [](ConvShape& s) { s.pad_begin[0] = s.kernel[0]; }));
    CHECK(refused(kind, [](ConvShape& s) { s.groups = 2; }));
  }
}

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/norm/norm.h"
#include "tests/support/compare.h"
#include "tests/support/pixels.h"

namespace burin::test {
namespace {

using kernels::Activation;
using kernels::NormKernels;

constexpr Activation activations[] = {Activation::none, Activation::relu, Activation::leaky_relu};

struct Case {
  std::int64_t pixels;
  int channels, extra;
  Activation activation;
  std::size_t numbers() const { return static_cast<std::size_t>(pixels * channels); }
};

// Every channel count from 1 to 70 (dense ones below a vector take the wide road), and wide ones.
std::vector<Case> cases() {
  std::vector<Case> out;
  Random random(1);
  for (int c = 1; c <= 70; ++c)
    for (int i = 0; i < 4; ++i)
      out.push_back({random.integer(1, 90), c, i < 2 ? 0 : i, activations[(c + i) % 3]});
  for (const int c : {96, 122, 128, 130, 512}) out.push_back({70, c, 3, Activation::relu});
  return out;
}

// Inputs of one case; a mean of 3 shows a one-sweep variance.
struct Numbers {
  std::vector<float> x, dy, mean, scale, shift, a, b, d;
  explicit Numbers(const Case& k, Random& random)
      : x(random.reals(k.numbers())), dy(random.reals(k.numbers())) {
    for (float& v : x) v += 3.0f;
    const auto vector = [&](float around) {
      auto out = random.reals(static_cast<std::size_t>(k.channels));
      for (float& v : out) v += around;
      return out;
    };
    mean = vector(3), scale = vector(0), shift = vector(0);
    a = vector(0), b = vector(0), d = vector(0);
    // Keep x*scale + shift away from the kink, where a rounding decides.
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i % scale.size();
      if (std::abs(x[i] * scale[c] + shift[c]) < 1e-3f) x[i] += 0.1f;
    }
  }
};

struct Result {
  std::vector<float> mean, m2, y, sum_dz, sum_dz_x, dx;
};

// A vector of coefficients that ends at an unreadable page.
struct Vector {
  GuardedBuffer<float> memory;
  explicit Vector(const std::vector<float>& v) : memory(v.size(), Guard::end_page) {
    memory.assign(v);
  }
};

Result run(const NormKernels& table, const Case& k, const Numbers& n) {
  Pixels x(k.pixels, k.channels, k.extra, Guard::end_page),
      y(k.pixels, k.channels, k.extra, Guard::bytes);
  Pixels dy(k.pixels, k.channels, k.extra, Guard::end_page),
      dx(k.pixels, k.channels, k.extra, Guard::bytes);
  x.fill(n.x);
  dy.fill(n.dy);
  Vector mean(n.mean), scale(n.scale), shift(n.shift), a(n.a), b(n.b), d(n.d);
  Pixels<> sums[4] = {{1, k.channels, 0, Guard::bytes},
                      {1, k.channels, 0, Guard::bytes},
                      {1, k.channels, 0, Guard::bytes},
                      {1, k.channels, 0, Guard::bytes}};
  table.statistics(x.data(), x.stride(), k.pixels, k.channels, sums[0].data(), sums[1].data());
  table.normalize({x.data(),
                   x.stride(),
                   y.data(),
                   y.stride(),
                   k.pixels,
                   k.channels,
                   scale.memory.data(),
                   shift.memory.data(),
                   {k.activation, 0.3f}});
  kernels::NormBackward back{.x = x.data(),
                             .x_pixel = x.stride(),
                             .dy = dy.data(),
                             .dy_pixel = dy.stride(),
                             .pixels = k.pixels,
                             .channels = k.channels,
                             .mean = mean.memory.data(),
                             .scale = scale.memory.data(),
                             .shift = shift.memory.data(),
                             .activation = {k.activation, 0.3f}};
  table.reduce(back, sums[2].data(), sums[3].data());
  back.a = a.memory.data();
  back.b = b.memory.data();
  back.d = d.memory.data();
  back.dx = dx.data();
  back.dx_pixel = dx.stride();
  table.gradient(back);
  for (Pixels<>* p : {&y, &dx, &sums[0], &sums[1], &sums[2], &sums[3]}) CHECK(p->intact());
  return {sums[0].dense(), sums[1].dense(), y.dense(),
          sums[2].dense(), sums[3].dense(), dx.dense()};
}

}  // namespace

TEST_CASE("normalization tables agree with the reference") {
  for (const NormKernels* table : kernels::norm_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    Random random(2);
    for (const Case& k : cases()) {
      const Numbers numbers(k, random);
      const Result want = run(kernels::norm_reference, k, numbers);
      const Result got = run(*table, k, numbers);
      INFO(table->name << " pixels " << k.pixels << " channels " << k.channels << " gap " << k.extra
                       << " activation " << static_cast<int>(k.activation));
      const auto near = [](const std::vector<float>& a, const std::vector<float>& b) {
        return largest_difference<float, float>(a, b);
      };
      // Sums of up to 90 numbers of size 1 to 4.
      CHECK(near(got.mean, want.mean) <= 4e-6);
      CHECK(near(got.m2, want.m2) <= 4e-5);
      CHECK(near(got.y, want.y) <= 2e-6);
      CHECK(near(got.sum_dz, want.sum_dz) <= 2e-5);
      CHECK(near(got.sum_dz_x, want.sum_dz_x) <= 4e-5);
      CHECK(near(got.dx, want.dx) <= 2e-6);
    }
  }
}

TEST_CASE("statistics of a block keep their digits on a large offset") {
  // 1000 + {-1, 1}: mean 1000, m2 = pixels. A sum of squares in f32 would lose everything.
  for (const NormKernels* table : kernels::norm_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    for (const int channels : {1, 3, 16, 65}) {
      std::vector<float> x(static_cast<std::size_t>(256 * channels));
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = 1000.0f + (i / static_cast<std::size_t>(channels) % 2 == 0 ? -1.0f : 1.0f);
      std::vector<float> mean(static_cast<std::size_t>(channels)), m2(mean.size());
      table->statistics(x.data(), channels, 256, channels, mean.data(), m2.data());
      for (const float v : mean) CHECK(v == 1000.0f);
      for (const float v : m2) CHECK(v == 256.0f);
    }
  }
}

TEST_CASE("normalize works in place") {
  Random random(3);
  const auto scale = random.reals(20), shift = random.reals(20), x = random.reals(20 * 7);
  for (const NormKernels* table : kernels::norm_kernels()) {
    if (!kernels::usable(table->isa)) continue;
    std::vector<float> y(x.size()), in_place = x;
    table->normalize({x.data(), 20, y.data(), 20, 7, 20, scale.data(), shift.data(), {}});
    table->normalize(
        {in_place.data(), 20, in_place.data(), 20, 7, 20, scale.data(), shift.data(), {}});
    CHECK(y == in_place);
  }
}

}  // namespace burin::test

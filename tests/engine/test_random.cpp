#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "engine/runtime/random.h"
#include "engine/runtime/workers.h"

namespace burin::runtime {

// kat_vectors of Random123 (Salmon et al.), philox4x32-10.
TEST_CASE("published known answers of philox4x32-10") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) ==
        PhiloxCounter{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  CHECK(philox({0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}, {0xffffffffu, 0xffffffffu}) ==
        PhiloxCounter{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}) ==
        PhiloxCounter{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
  CHECK(philox({0, 0, 0, 1}, {0, 0}) != philox({0, 0, 0, 0}, {0, 0}));
}

TEST_CASE("every part of the key matters") {
  const RandomKey base{.seed = 7, .op = 1, .epoch = 2, .sample = 3};
  std::vector<RandomKey> others(5, base);
  others[0].seed = 8;
  others[1].op = 2;
  others[2].epoch = 3;
  others[3].sample = 4;
  others[4].sample = base.sample + (std::uint64_t{1} << 32);
  for (const RandomKey& other : others)
    CHECK(RandomStream(base).bits(0) != RandomStream(other).bits(0));
  CHECK(RandomStream(base).bits(5) == RandomStream(base).bits(5));
}

TEST_CASE("uniform numbers: range, mean, variance, all of a block") {
  std::vector<float> numbers(100000);
  RandomStream({.seed = 1}).fill_uniform(numbers, -2, 4);
  double sum = 0, squares = 0;
  for (const float v : numbers) {
    REQUIRE(v >= -2);
    REQUIRE(v < 4);
    sum += double(v);
    squares += (double(v) - 1) * (double(v) - 1);
  }
  CHECK(sum / 1e5 == doctest::Approx(1).epsilon(0.02));
  CHECK(squares / 1e5 == doctest::Approx(3).epsilon(0.02));  // (high - low)^2 / 12
}

TEST_CASE("normal numbers: mean, variance, fourth moment, independence of the pair") {
  std::vector<float> numbers(200000);
  RandomStream({.seed = 2}).fill_normal(numbers, 0, 1);
  double sum = 0, squares = 0, fourth = 0, pairs = 0;
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    pairs += double(numbers[i]) * double(numbers[i + 1]);
    for (const float v : {numbers[i], numbers[i + 1]}) {
      const double w = double(v) * double(v);
      sum += double(v);
      squares += w;
      fourth += w * w;
    }
  }
  CHECK(std::abs(sum / 2e5) < 0.01);
  CHECK(squares / 2e5 == doctest::Approx(1).epsilon(0.01));
  CHECK(fourth / 2e5 == doctest::Approx(3).epsilon(0.05));
  CHECK(std::abs(pairs / 1e5) < 0.01);
}

TEST_CASE("a part of a fill is the same as that part of the whole, for any number of threads") {
  const RandomStream stream({.seed = 3});
  configure({.threads = 1});
  std::vector<float> whole(70001), part(50);
  stream.fill_normal(whole, 1, 2);
  stream.fill_normal(part, 1, 2, 40003);
  CHECK(std::equal(part.begin(), part.end(), whole.begin() + 40003));
  configure({.threads = 3});
  std::vector<float> again(70001);
  stream.fill_normal(again, 1, 2);
  CHECK(again == whole);
  stream.fill_uniform(again, 0, 1, 3);
  for (const std::size_t i : {0ul, 1ul, 2ul, 16384ul, 16385ul, 70000ul})
    CHECK(again[i] == stream.uniform(i + 3));
  configure({});
}

TEST_CASE("a sequence resumes at its position") {
  RandomSequence first({.seed = 4, .op = 9});
  for (int i = 0; i < 11; ++i) first.bits();
  RandomSequence second({.seed = 4, .op = 9}, first.position());
  for (int i = 0; i < 5; ++i) CHECK(first.below(1000) == second.below(1000));
  int counts[7] = {};
  for (int i = 0; i < 70000; ++i) ++counts[first.below(7)];
  for (const int count : counts) CHECK(count == doctest::Approx(10000).epsilon(0.05));
  CHECK(first.below(1) == 0);
}

}  // namespace burin::runtime

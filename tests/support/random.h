// Numbers for tests: a small counter-based generator, the same on every machine.
#pragma once

#include <cstdint>
#include <vector>

namespace burin::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}

  std::uint64_t bits() {  // splitmix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // Uniform in [first, last].
  int integer(int first, int last) {
    return first + static_cast<int>(bits() % static_cast<std::uint64_t>(last - first + 1));
  }
  // Uniform in [-1, 1).
  float real() { return static_cast<float>(bits() >> 40) * 0x1p-23f - 1.0f; }

  std::vector<float> reals(std::size_t count) {
    std::vector<float> out(count);
    for (auto& v : out) v = real();
    return out;
  }
  // Small whole numbers in [-range, range]: sums of their products are exact in f32.
  std::vector<float> integers(std::size_t count, int range) {
    std::vector<float> out(count);
    for (auto& v : out) v = static_cast<float>(integer(-range, range));
    return out;
  }

 private:
  std::uint64_t state_;
};

// Whether the address sanitizer watches: work takes ten times as long.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer);
#else
constexpr bool sanitized = false;
#endif

// How many of a test's random cases are run.
constexpr int random_cases(int all) { return sanitized ? all / 4 : all; }

}  // namespace burin::test

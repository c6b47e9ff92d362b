// Counter-based random numbers: every number is a function of a key and its own index, so any
// thread may compute any part, and a resumed run needs no generator state.
//
// Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC
// 2011).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace burin::runtime {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

// Ten rounds; the published known-answer vectors of Random123 are in tests/engine/test_random.cpp.
[[nodiscard]] constexpr PhiloxCounter philox(PhiloxCounter x, PhiloxKey key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xd2511f53u} * x[0];
    const std::uint64_t b = std::uint64_t{0xcd9e8d57u} * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ key[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9e3779b9u;
    key[1] += 0xbb67ae85u;
  }
  return x;
}

// What a sequence of random numbers is for. Different keys give independent sequences.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint32_t op = 0;  // use: weights of one layer, one augmentation, one shuffle
  std::uint32_t epoch = 0;
  std::uint64_t sample = 0;
  friend bool operator==(const RandomKey&, const RandomKey&) = default;
};

// Random access to the numbers of one key by their index.
class RandomStream {
 public:
  explicit RandomStream(const RandomKey& key) noexcept;

  [[nodiscard]] std::uint32_t bits(std::uint64_t index) const noexcept;
  // [0, 1), multiples of 2^-24.
  [[nodiscard]] float uniform(std::uint64_t index) const noexcept;
  // Mean 0, variance 1 (Box, Muller 1958); |value| < 6.8.
  [[nodiscard]] float normal(std::uint64_t index) const noexcept;

  // out[i] = number `first` + i, scaled to [low, high]: rounding may reach high.
  void fill_uniform(std::span<float> out, float low, float high, std::uint64_t first = 0) const;
  // out[i] = number `first` + i, scaled to this mean and deviation.
  void fill_normal(std::span<float> out, float mean, float deviation,
                   std::uint64_t first = 0) const;

 private:
  [[nodiscard]] PhiloxCounter block(std::uint64_t index) const noexcept;

  PhiloxKey key_;
  std::uint32_t use_[2];  // upper half of every counter
};

// The numbers of a stream one after another, for decisions (shuffles, augmentation). `position` is
// all its state.
class RandomSequence {
 public:
  explicit RandomSequence(const RandomKey& key, std::uint64_t position = 0) noexcept
      : stream_(key), position_(position) {}

  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  std::uint32_t bits() noexcept { return stream_.bits(position_++); }
  float uniform() noexcept { return stream_.uniform(position_++); }
  float uniform(float low, float high) noexcept { return low + (high - low) * uniform(); }
  float normal() noexcept { return stream_.normal(position_++); }
  bool chance(float probability) noexcept { return uniform() < probability; }
  // Uniform in [0, count), count >= 1; takes two numbers, bias below count * 2^-64.
  std::uint64_t below(std::uint64_t count) noexcept;

 private:
  RandomStream stream_;
  std::uint64_t position_;
};

}  // namespace burin::runtime

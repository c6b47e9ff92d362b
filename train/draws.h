// A stream of random numbers that is a pure function of (seed, epoch, sample, purpose):
// counter-based, so the order in which threads work does not matter.
#pragma once

#include <array>
#include <cstdint>

namespace burin::train {

enum class Purpose : std::uint32_t { order = 1, place, motion, colouring, noise };

class Draws {
 public:
  Draws(std::uint64_t seed, std::int64_t epoch, std::int64_t sample, Purpose purpose) noexcept
      : seed_(seed), epoch_(epoch), sample_(sample), purpose_(purpose) {}

  [[nodiscard]] std::uint32_t bits() noexcept;
  [[nodiscard]] double uniform() noexcept;  // [0, 1), 32 bits
  [[nodiscard]] double between(double least, double most) noexcept;
  [[nodiscard]] std::int64_t below(std::int64_t count) noexcept;  // 0..count-1, count >= 1
  [[nodiscard]] double normal() noexcept;  // mean 0, deviation 1 (Box and Muller 1958)

 private:
  std::uint64_t seed_;
  std::int64_t epoch_, sample_;
  Purpose purpose_;
  std::uint32_t counter_ = 0;
  std::array<std::uint32_t, 4> block_{};
};

}  // namespace burin::train

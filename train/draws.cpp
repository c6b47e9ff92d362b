#include "train/draws.h"

#include <cmath>
#include <numbers>

namespace burin::train {
namespace {

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011): a block cipher on counters.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> x,
                                    std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * x[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ key[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return x;
}

}  // namespace

std::uint32_t Draws::bits() noexcept {
  const std::uint32_t lane = counter_ % 4;
  if (lane == 0)
    block_ = philox({counter_ / 4 | static_cast<std::uint32_t>(purpose_) << 28,
                     static_cast<std::uint32_t>(sample_),
                     static_cast<std::uint32_t>(static_cast<std::uint64_t>(sample_) >> 32),
                     static_cast<std::uint32_t>(epoch_)},
                    {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  ++counter_;
  return block_[lane];
}

double Draws::uniform() noexcept { return bits() * 0x1p-32; }

double Draws::between(double least, double most) noexcept {
  return least + (most - least) * uniform();
}

std::int64_t Draws::below(std::int64_t count) noexcept {
  // The high half of a 64-bit product: bias below count / 2^32.
  return static_cast<std::int64_t>((std::uint64_t{bits()} * static_cast<std::uint64_t>(count)) >>
                                   32);
}

double Draws::normal() noexcept {
  const double u = (bits() + 1.0) * 0x1p-32;  // (0, 1]: the logarithm is finite
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace burin::train

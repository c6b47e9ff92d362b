#include "engine/runtime/random.h"

#include <cmath>
#include <numbers>

#include "engine/runtime/workers.h"

namespace burin::runtime {
namespace {

constexpr std::int64_t chunk = std::int64_t{1} << 14;  // numbers of one task

std::uint32_t low_word(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high_word(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

float to_unit(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

}  // namespace

// The key's 192 bits are folded into the 64 of Philox's key and the upper half of its counter by
// one evaluation.
RandomStream::RandomStream(const RandomKey& key) noexcept {
  const PhiloxCounter mixed =
      philox({key.op, key.epoch, low_word(key.sample), high_word(key.sample)},
             {low_word(key.seed), high_word(key.seed)});
  key_ = {mixed[0], mixed[1]};
  use_[0] = mixed[2];
  use_[1] = mixed[3];
}

PhiloxCounter RandomStream::block(std::uint64_t index) const noexcept {
  return philox({low_word(index / 4), high_word(index / 4), use_[0], use_[1]}, key_);
}

std::uint32_t RandomStream::bits(std::uint64_t index) const noexcept {
  return block(index)[static_cast<std::size_t>(index % 4)];
}

float RandomStream::uniform(std::uint64_t index) const noexcept { return to_unit(bits(index)); }

float RandomStream::normal(std::uint64_t index) const noexcept {
  const PhiloxCounter words = block(index);
  const std::size_t pair = index % 4 < 2 ? 0 : 2;
  // (bits + 0.5) * 2^-32 is never 0: the largest radius is sqrt(-2 ln 2^-33) = 6.76.
  const double u = (static_cast<double>(words[pair]) + 0.5) * 0x1p-32;
  const double angle = 2 * std::numbers::pi * (static_cast<double>(words[pair + 1]) * 0x1p-32);
  const double radius = std::sqrt(-2 * std::log(u));
  return static_cast<float>(radius * (index % 2 == 0 ? std::cos(angle) : std::sin(angle)));
}

void RandomStream::fill_uniform(std::span<float> out, float low, float high,
                                std::uint64_t first) const {
  parallel_for(static_cast<std::int64_t>(out.size()), chunk,
               [&](std::int64_t begin, std::int64_t end, int) {
                 PhiloxCounter words{};
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::uint64_t index = first + static_cast<std::uint64_t>(i);
                   if (i == begin || index % 4 == 0) words = block(index);  // serves four numbers
                   out[static_cast<std::size_t>(i)] =
                       low + (high - low) * to_unit(words[static_cast<std::size_t>(index % 4)]);
                 }
               });
}

void RandomStream::fill_normal(std::span<float> out, float mean, float deviation,
                               std::uint64_t first) const {
  parallel_for(static_cast<std::int64_t>(out.size()), chunk,
               [&](std::int64_t begin, std::int64_t end, int) {
                 for (std::int64_t i = begin; i < end; ++i)
                   out[static_cast<std::size_t>(i)] =
                       mean + deviation * normal(first + static_cast<std::uint64_t>(i));
               });
}

std::uint64_t RandomSequence::below(std::uint64_t count) noexcept {
  const std::uint64_t high = bits();
  const std::uint64_t number = (high << 32) | bits();
  return static_cast<std::uint64_t>((static_cast<__uint128_t>(number) * count) >> 64);
}

}  // namespace burin::runtime

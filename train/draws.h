// The random numbers of training: a pure function of (seed, epoch, sample, purpose), so the order
// in which threads work does not matter.
#pragma once

#include <cstdint>

#include "engine/runtime/random.h"

namespace burin::train {

// `op` of the random key; layers number theirs from 0.
enum class Purpose : std::uint32_t { order = 0x74720001, place, motion, colouring, noise };

using Draws = runtime::RandomSequence;

[[nodiscard]] inline Draws draws_of(std::uint64_t seed, std::int64_t epoch, std::int64_t sample,
                                    Purpose purpose) noexcept {
  return Draws({.seed = seed,
                .op = static_cast<std::uint32_t>(purpose),
                .epoch = static_cast<std::uint32_t>(epoch),
                .sample = static_cast<std::uint64_t>(sample)});
}

}  // namespace burin::train

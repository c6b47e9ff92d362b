// bf16 is the upper half of an f32.
#pragma once

#include <bit>
#include <cstdint>

namespace burin::kernels {
namespace {

[[nodiscard]] constexpr float widen_bf16(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// To nearest, ties to even; NaN stays NaN.
[[nodiscard]] constexpr std::uint16_t round_bf16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// A number of either type.
[[nodiscard]] constexpr float number_of(float value) noexcept { return value; }
[[nodiscard]] constexpr float number_of(std::uint16_t bits) noexcept { return widen_bf16(bits); }
constexpr void set_number(float& to, float value) noexcept { to = value; }
constexpr void set_number(std::uint16_t& to, float value) noexcept { to = round_bf16(value); }

}  // namespace
}  // namespace burin::kernels

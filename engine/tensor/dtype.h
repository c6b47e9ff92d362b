// Element types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace burin {

enum class DType : std::uint8_t { f32, f64, bf16, u8, s8, i32, i64, boolean };

[[nodiscard]] std::size_t size_of(DType type) noexcept;
// "f32", "f64", "bf16", "u8", "s8", "i32", "i64", "bool".
[[nodiscard]] std::string_view dtype_name(DType type) noexcept;

// The type that a C++ type holds; std::uint16_t stands for the bits of bf16.
template <class T>
inline constexpr DType dtype_of = DType::f32;  // float; specialized below for the others
template <>
inline constexpr DType dtype_of<bool> = DType::boolean;
template <>
inline constexpr DType dtype_of<std::uint16_t> = DType::bf16;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::u8;
template <>
inline constexpr DType dtype_of<std::int8_t> = DType::s8;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::i32;
template <>
inline constexpr DType dtype_of<std::int64_t> = DType::i64;

}  // namespace burin

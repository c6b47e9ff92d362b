// What the reader and the writer of safetensors share.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "engine/tensor/dtype.h"
#include "io/crc32c.h"

namespace burin::safetensors {

inline constexpr std::uint64_t longest_header = 100'000'000;
inline constexpr const char* metadata_key = "__metadata__";
// Metadata keys of ours: "crc32c" of the header without this key, "crc32c.<tensor>" of its bytes; 8
// hexadecimal digits.
inline constexpr const char* header_checksum = "crc32c";
inline constexpr std::string_view tensor_checksum = "crc32c.";

struct Element {
  std::string_view code;
  std::size_t bytes;  // in the file
  DType type;         // in memory
};
inline constexpr Element elements[] = {
    {"F32", 4, DType::f32},   {"F64", 8, DType::f64},
    {"BF16", 2, DType::bf16}, {"I64", 8, DType::i64},
    {"I32", 4, DType::i32},   {"I8", 1, DType::s8},
    {"U8", 1, DType::u8},     {"BOOL", 1, DType::boolean},
    {"F16", 2, DType::f32},  // read only: becomes f32
};

[[nodiscard]] inline const Element* find_element(std::string_view code) noexcept {
  for (const Element& element : elements)
    if (element.code == code) return &element;
  return nullptr;
}
// How a type is written: its first row.
[[nodiscard]] inline const Element* find_element(DType type) noexcept {
  for (const Element& element : elements)
    if (element.type == type) return &element;
  return nullptr;
}

[[nodiscard]] inline std::uint32_t checksum_of(std::string_view text) noexcept {
  return crc32c({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}
[[nodiscard]] inline std::string text_of(std::uint32_t checksum) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(checksum));
  return text;
}

}  // namespace burin::safetensors

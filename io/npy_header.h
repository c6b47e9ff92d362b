// The dictionary at the start of an npy file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/dtype.h"

namespace burin::npy {

struct Element {
  std::string_view code;  // as in 'descr', without the byte order
  std::size_t bytes;
  DType type;
};
inline constexpr Element elements[] = {
    {"f4", 4, DType::f32}, {"f8", 8, DType::f64}, {"f2", 2, DType::f32}, {"u1", 1, DType::u8},
    {"i1", 1, DType::s8},  {"i4", 4, DType::i32}, {"i8", 8, DType::i64}, {"b1", 1, DType::boolean}};

struct Header {
  const Element* element = nullptr;
  bool big_endian = false, fortran = false;
  std::vector<std::int64_t> sizes;
};

// Throws Error{operation, ...}.
[[nodiscard]] Header parse_header(std::string_view text, const std::string& operation);

}  // namespace burin::npy

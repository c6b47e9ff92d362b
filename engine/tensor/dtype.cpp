#include "engine/tensor/dtype.h"

#include <array>

namespace burin {
namespace {

constexpr std::array<std::size_t, 8> sizes{4, 8, 2, 1, 1, 4, 8, 1};
constexpr std::array<std::string_view, 8> names{"f32", "f64", "bf16", "u8",
                                                "s8",  "i32", "i64",  "bool"};

}  // namespace

std::size_t size_of(DType type) noexcept { return sizes[static_cast<std::size_t>(type)]; }

std::string_view dtype_name(DType type) noexcept { return names[static_cast<std::size_t>(type)]; }

}  // namespace burin

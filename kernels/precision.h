// What results are asked for, as relative L2 error against double.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace burin::kernels {

enum class Precision {
  exact,        // f32 multiply-adds of the plain definition
  f32,          // 1e-5 (gradients 3e-5) by any algorithm
  bf16,         // that of products of numbers rounded to bf16
  f32_unsplit,  // f32 by products of whole factors; programs ask for it (graph/program.cpp)
};
// Those that are asked for by name.
inline constexpr std::array<std::string_view, 3> precision_names = {"exact", "f32", "bf16"};

[[nodiscard]] constexpr std::string_view name_of(Precision precision) noexcept {
  return precision == Precision::f32_unsplit ? "f32 unsplit"
                                             : precision_names[static_cast<std::size_t>(precision)];
}
[[nodiscard]] constexpr std::optional<Precision> precision_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < precision_names.size(); ++i)
    if (precision_names[i] == name) return static_cast<Precision>(i);
  return {};
}

}  // namespace burin::kernels

// What entries of the tables (table.h) answer alike.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace burin::kernels {
namespace {

// Kernel::packed_bytes, workspace_bytes, shared_bytes: none are needed.
template <class Shape>
std::size_t no_bytes(const Shape&) noexcept {
  return 0;
}

// Kernel::row_period: a sum does not depend on how pixels are grouped.
template <class Shape>
int every_row(const Shape&) noexcept {
  return 1;
}

// Kernel::flags of entries whose sums are those of the plain definition, by words V (simd/).
template <class V>
constexpr unsigned direct_flags = V::pair == 2          ? kernel_bf16_products
                                  : V::bf16_activations ? kernel_default
                                                        : kernel_f32_exact;

// Time of a multiply-add by words V as a part of that of an f32 one of the same width.
template <class V>
double product_cost() noexcept {
  return V::pair == 2 ? bf16_pair_cost() : 1.0;
}

// Time of a byte of packed weights as that of so many multiply-adds at full speed of 512 bits:
// networks have more weights than a cache, and from memory a number takes two threads 4 to 16.
inline constexpr double weight_byte_cost = 2;

// Where the weight of depth k and column j lies in a block of `width` columns: [k][column], of
// pairs [k / 2][column][2].
template <int pair>
constexpr std::int64_t packed_place(std::int64_t k, std::int64_t j, std::int64_t width) noexcept {
  return (k - k % pair) * width + j * pair + k % pair;
}

// Kernel::refuse by types, of entries whose products read the source where it lies, `depth` numbers
// of it side by side: words of f32 serve f32, words of pairs serve bf16, and words with bf16
// activations alone f32 that becomes bf16.
template <class V, class Shape>
const char* refuse_direct_types(const Shape& s, std::int64_t depth) noexcept {
  if constexpr (!V::bf16_activations) return refuse_other_types(s);
  const bool bf16_source = s.source_type == Element::bf16;
  if (V::pair == 1 && bf16_source) return "the source is bf16";
  if (V::pair == 1) return s.target_type == Element::bf16 ? nullptr : "the target is not bf16";
  if (!bf16_source) return "the source is not bf16";
  return depth % 2 == 0 ? nullptr : "an odd number of source channels";
}

}  // namespace
}  // namespace burin::kernels

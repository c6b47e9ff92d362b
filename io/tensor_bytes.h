// Tensors and the numbers of files: row-major logical order, little-endian.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/tensor/tensor.h"

namespace burin {

// The storage bytes of a dense row-major tensor.
[[nodiscard]] std::span<std::uint8_t> row_major_bytes(const Tensor& tensor);
// The same tensor if it is dense and row-major already, else a row-major copy.
[[nodiscard]] Tensor to_row_major(const Tensor& tensor);
// The shape of a file's tensor. Throws Error{operation, ...} when its elements overflow 64 bits.
[[nodiscard]] Shape checked_shape(std::span<const std::int64_t> sizes,
                                  const std::string& operation);
// IEEE half to float, exact.
[[nodiscard]] float half_to_float(std::uint16_t half) noexcept;

}  // namespace burin

// Tensors and the numbers of files: row-major logical order, little-endian.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tensor/tensor.h"

namespace burin {

// The storage bytes of a dense row-major tensor.
[[nodiscard]] std::span<std::uint8_t> row_major_bytes(const Tensor& tensor);
// The same tensor if it is dense and row-major already, else a row-major copy.
[[nodiscard]] Tensor to_row_major(const Tensor& tensor);
// IEEE half to float, exact.
[[nodiscard]] float half_to_float(std::uint16_t half) noexcept;

}  // namespace burin

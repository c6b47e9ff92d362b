// CRC32C (Castagnoli, polynomial 0x1edc6f41 reflected): crc32c("123456789") = 0xe3069283.
#pragma once

#include <cstdint>
#include <span>

namespace burin {

// Goes on from `crc`, the result for the bytes before (0 for none).
[[nodiscard]] std::uint32_t crc32c(std::span<const std::uint8_t> bytes,
                                   std::uint32_t crc = 0) noexcept;

}  // namespace burin

// The part of the zip format that .npz files use: stored and deflated, 64-bit sizes on reading.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace burin {

// Numbers of the format that reader and writer share.
namespace zip {
inline constexpr std::uint32_t local_mark = 0x04034b50, central_mark = 0x02014b50,
                               end_mark = 0x06054b50, end64_mark = 0x06064b50,
                               locator_mark = 0x07064b50;
// The number stands in the 64-bit extra field.
inline constexpr std::uint32_t in_extra = 0xffffffffu;
}  // namespace zip

struct ZipEntry {
  std::string name;
  std::vector<std::uint8_t> bytes;
};

struct ZipLimits {
  std::uint64_t bytes = std::uint64_t{1} << 34;  // of all entries together, unpacked
  std::uint64_t ratio = 1032;                    // unpacked / packed of one entry
  std::size_t entries = 1'000'000;
};

// Throws Error{operation, ...}: damaged or overlapping entries, wrong checksums, encryption, other
// methods, names that are empty, repeated or hold a separator.
[[nodiscard]] std::vector<ZipEntry> read_zip(std::span<const std::uint8_t> bytes,
                                             const std::string& operation, const ZipLimits& limits);

// Stored entries without dates. Throws Error for 4 GiB and more, or more than 65,535 entries.
void write_zip(const std::filesystem::path& path, std::span<const ZipEntry> entries);

}  // namespace burin

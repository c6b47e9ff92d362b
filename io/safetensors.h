// safetensors (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header, the
// numbers in logical order. F64 F32 F16 BF16 I64 I32 I8 U8 BOOL; F16 becomes f32 on the way in.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/npy.h"

namespace burin {

struct SafetensorsFile {
  std::map<std::string, std::string> metadata;  // without the checksums
  std::vector<NamedTensor> tensors;             // in the order of the file, row-major
  bool checked = false;                         // the file carried our checksums, and they hold

  // Null when there is none.
  [[nodiscard]] const Tensor* find(std::string_view name) const noexcept;
};

// Strict: header of at most 100 MB, no gaps, overlaps, duplicate or unknown keys, sizes that fit
// the type. Files we wrote carry a CRC32C of each tensor and of the header; they are verified.
// Throws Error{"read <path>", expected, got}.
[[nodiscard]] SafetensorsFile read_safetensors(const std::filesystem::path& path);
[[nodiscard]] SafetensorsFile decode_safetensors(std::span<const std::uint8_t> bytes,
                                                 const std::string& name);
// The metadata alone, without reading the numbers.
[[nodiscard]] std::map<std::string, std::string> read_safetensors_metadata(
    const std::filesystem::path& path);

// Atomic; the same bytes for the same arguments. Tensors of larger elements come first, otherwise
// the order given is kept. Throws Error for an empty or duplicate name, the name or metadata key of
// a checksum, or text that is not UTF-8.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace burin

// NumPy arrays: .npy versions 1 to 3, either byte order, either element order; f2 f4 f8 u1 i1 i4 i8
// b1.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor/tensor.h"

namespace burin {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// Row-major tensor of the file's shape; f2 becomes f32. Throws Error{"read <path>", expected, got}.
[[nodiscard]] Tensor read_npy(const std::filesystem::path& path);
[[nodiscard]] Tensor decode_npy(std::span<const std::uint8_t> bytes, const std::string& name);

// Version 1, little-endian, C order, whatever the tensor's layout. Throws Error for bf16 (NumPy has
// none).
void write_npy(const std::filesystem::path& path, const Tensor& tensor);
[[nodiscard]] std::vector<std::uint8_t> encode_npy(const Tensor& tensor);

// .npz: a zip file of .npy entries, stored or deflated. Names without ".npy", in the order of the
// file.
struct NpzLimits {
  std::uint64_t bytes = std::uint64_t{1} << 34;  // of all arrays together, unpacked
  std::uint64_t ratio = 1032;  // unpacked / packed bytes of one entry; deflate's own bound
};
[[nodiscard]] std::vector<NamedTensor> read_npz(const std::filesystem::path& path,
                                                const NpzLimits& limits = {});
[[nodiscard]] std::vector<NamedTensor> decode_npz(std::span<const std::uint8_t> bytes,
                                                  const std::string& name,
                                                  const NpzLimits& limits = {});
// Stored entries, the same bytes for the same tensors.
void write_npz(const std::filesystem::path& path, std::span<const NamedTensor> tensors);

}  // namespace burin

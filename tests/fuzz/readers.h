// Every reader of files from outside, by the name of its fuzz target and seed folder. A reader may
// give a result or throw burin::Error; anything else is a fault. Limits are small, so that time and
// memory stay bounded.
#pragma once

#include <cstdint>
#include <span>

namespace burin::test {

using Reader = void (*)(std::span<const std::uint8_t> bytes);

void read_png(std::span<const std::uint8_t> bytes);
void read_jpeg(std::span<const std::uint8_t> bytes);
void read_tiff(std::span<const std::uint8_t> bytes);
void read_gif_bmp(std::span<const std::uint8_t> bytes);
void read_npy(std::span<const std::uint8_t> bytes);
void read_npz(std::span<const std::uint8_t> bytes);
void read_safetensors(std::span<const std::uint8_t> bytes);
void read_dataset_json(std::span<const std::uint8_t> bytes);
void read_toml(std::span<const std::uint8_t> bytes);
// Small graphs are run as well.
void read_onnx(std::span<const std::uint8_t> bytes);

struct NamedReader {
  const char* name;
  Reader read;
};
inline constexpr NamedReader readers[] = {
    {"png", read_png},
    {"jpeg", read_jpeg},
    {"tiff", read_tiff},
    {"gif_bmp", read_gif_bmp},
    {"npy", read_npy},
    {"npz", read_npz},
    {"safetensors", read_safetensors},
    {"dataset_json", read_dataset_json},
    {"toml", read_toml},
    {"onnx", read_onnx},
};

}  // namespace burin::test

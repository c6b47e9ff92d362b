// Pictures. The first bytes decide the format, not the extension: PNG, JPEG, TIFF, BMP, GIF (first
// picture). Sizes are checked before anything is decoded; a damaged or truncated file is an
// Error{"read <path>", expected, got}.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace burin {

// Rows from the top, channels interleaved.
struct Image {
  std::int64_t width = 0, height = 0;
  int channels = 0;  // 1 or 3
  int bits = 8;      // 8 or 16
  std::vector<std::uint8_t>
      data;  // height*width*channels numbers; 16 bits: two bytes each, this CPU's order

  [[nodiscard]] std::int64_t pixels() const noexcept { return width * height; }
  [[nodiscard]] std::span<std::uint16_t> words() noexcept;  // of a 16-bit image
  [[nodiscard]] std::span<const std::uint16_t> words() const noexcept;
};

// A zeroed image.
[[nodiscard]] Image make_image(std::int64_t width, std::int64_t height, int channels, int bits = 8);

struct ImageLimits {
  std::int64_t pixels = std::int64_t{1} << 28;
  std::uint64_t file_bytes = std::uint64_t{1} << 31;
};

struct ImageSize {
  std::int64_t width = 0, height = 0;
};

// Grey or RGB as stored, 8 or 16 bits. Palettes become RGB, 1 to 4 bits of grey are stretched to
// 0..255, alpha is dropped, CMYK becomes RGB, white-is-zero is inverted; orientation tags are not
// applied.
[[nodiscard]] Image read_image(const std::filesystem::path& path, const ImageLimits& limits = {});

// One channel of class numbers: palette indices of PNG and TIFF as they are, grey values
// unstretched (a 1-bit image has 0 and 1). Three channels are taken when they are equal everywhere,
// else Error.
[[nodiscard]] Image read_labels(const std::filesystem::path& path, const ImageLimits& limits = {});

// The size, from the header alone where the format allows it.
[[nodiscard]] ImageSize read_image_size(const std::filesystem::path& path,
                                        const ImageLimits& limits = {});

// The same from memory; `name` stands in errors.
[[nodiscard]] Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name,
                                 const ImageLimits& limits = {});
[[nodiscard]] Image decode_labels(std::span<const std::uint8_t> bytes, const std::string& name,
                                  const ImageLimits& limits = {});

using Colour = std::array<std::uint8_t, 3>;

struct PngOptions {
  int level = 2;  // zlib 0..9; 2 is about 5x as fast as 6 for 10 % more bytes
  // 1 to 256 colours: a one-channel 8-bit image is written as their indices.
  std::span<const Colour> palette = {};
};

// Written through AtomicFile. Throws Error{"write <path>", ...}, also for an index beyond the
// palette.
void write_png(const std::filesystem::path& path, const Image& image,
               const PngOptions& options = {});
[[nodiscard]] std::vector<std::uint8_t> encode_png(const Image& image,
                                                   const PngOptions& options = {});

}  // namespace burin

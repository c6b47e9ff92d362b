// The decoders behind io/image.h: a file for each library, of which stb reads both BMP and GIF. All
// take whole files in memory and throw Error{operation, ...}.
#pragma once

#include <string>
#include <string_view>

#include "io/image.h"

namespace burin::formats {

enum class Meaning { picture, labels };

struct Input {
  std::span<const std::uint8_t> bytes;
  const std::string& operation;  // "read <name>"
  const ImageLimits& limits;
  Meaning meaning = Meaning::picture;
};

// Throws Error for zero sizes and for more pixels than the limit.
void check_size(const Input& input, std::int64_t width, std::int64_t height);
// Throws Error when `packed` bytes cannot unpack to `raw` bytes at `ratio`: a bomb or a truncated
// file, found before memory is taken.
void check_ratio(const Input& input, std::uint64_t raw, std::uint64_t ratio);

[[nodiscard]] Image decode_png(const Input& input);
[[nodiscard]] Image decode_jpeg(const Input& input);
[[nodiscard]] Image decode_tiff(const Input& input);
[[nodiscard]] Image decode_bmp(const Input& input);
[[nodiscard]] Image decode_gif(const Input& input);

[[nodiscard]] ImageSize png_size(const Input& input);
[[nodiscard]] ImageSize jpeg_size(const Input& input);
[[nodiscard]] ImageSize tiff_size(const Input& input);
[[nodiscard]] ImageSize bmp_size(const Input& input);
[[nodiscard]] ImageSize gif_size(const Input& input);

}  // namespace burin::formats

// BMP and GIF through stb_image, which is lenient: that the file holds what its header promises is
// checked here first.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#include <stb/stb_image.h>

#include <cstdlib>
#include <limits>
#include <memory>

#include "engine/error.h"
#include "io/image_formats.h"

namespace burin::formats {
namespace {

// A cursor that throws at the end.
class Cursor {
 public:
  Cursor(const Input& input, const char* what) : input_(input), what_(what) {}

  std::uint32_t number(std::size_t bytes) {  // little-endian
    const std::size_t first = at_;
    skip(bytes);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= std::uint32_t{input_.bytes[first + i]} << (8 * i);
    return value;
  }
  void skip(std::size_t bytes) {
    if (bytes > input_.bytes.size() - at_)
      throw Error(input_.operation, what_, "an end at byte " + std::to_string(input_.bytes.size()));
    at_ += bytes;
  }

 private:
  const Input& input_;
  const char* what_;
  std::size_t at_ = 0;
};

Image decode(const Input& input, const ImageSize& size, const char* what) {
  if (input.bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(input.operation, "less than 2 GiB", std::to_string(input.bytes.size()));
  int width = 0, height = 0, stored = 0;
  const std::unique_ptr<stbi_uc, decltype(&std::free)> pixels(
      stbi_load_from_memory(input.bytes.data(), static_cast<int>(input.bytes.size()), &width,
                            &height, &stored, 3),
      &std::free);
  if (!pixels) throw Error(input.operation, what, stbi_failure_reason());
  if (width != size.width || height != size.height)
    throw Error(input.operation, what, "two different sizes");
  Image image = make_image(width, height, 3);
  image.data.assign(pixels.get(), pixels.get() + image.data.size());
  return image;
}

void skip_blocks(Cursor& cursor) {
  while (const std::uint32_t length = cursor.number(1)) cursor.skip(length);
}

}  // namespace

ImageSize bmp_size(const Input& input) {
  Cursor cursor(input, "a whole BMP file");
  cursor.skip(10);
  const std::uint32_t offset = cursor.number(4);
  const bool old = cursor.number(4) == 12;
  const auto signed_number = [&] {
    return old ? static_cast<std::int64_t>(cursor.number(2))
               : static_cast<std::int64_t>(static_cast<std::int32_t>(cursor.number(4)));
  };
  const std::int64_t width = signed_number();
  const std::int64_t height = std::abs(signed_number());  // negative: rows from the top
  cursor.skip(2);
  const std::int64_t bits = cursor.number(2);
  check_size(input, width, height);
  if (bits > 32) throw Error(input.operation, "at most 32 bits a pixel", std::to_string(bits));
  // Rows are stored in multiples of four bytes.
  const std::int64_t needed = offset + (width * bits + 31) / 32 * 4 * height;
  if (needed > static_cast<std::int64_t>(input.bytes.size()))
    throw Error(input.operation, std::to_string(needed) + " bytes of BMP",
                std::to_string(input.bytes.size()));
  return {width, height};
}

ImageSize gif_size(const Input& input) {
  constexpr const char* what = "a whole GIF file";
  Cursor cursor(input, what);
  cursor.skip(6);
  const std::int64_t width = cursor.number(2), height = cursor.number(2);
  check_size(input, width, height);
  // An LZW code of at most 12 bits gives at most 4096 pixels.
  check_ratio(input, static_cast<std::uint64_t>(width * height), 4096);
  const auto skip_colours = [&](std::uint32_t flags) {
    if (flags & 128) cursor.skip(std::size_t{3} << ((flags & 7) + 1));
  };
  const std::uint32_t flags = cursor.number(1);
  cursor.skip(2);
  skip_colours(flags);
  for (;;) {
    const std::uint32_t kind = cursor.number(1);
    if (kind == 0x2c) break;
    if (kind != 0x21) throw Error(input.operation, what, "no picture in it");
    cursor.skip(1);
    skip_blocks(cursor);
  }
  const std::int64_t left = cursor.number(2), top = cursor.number(2);
  const std::int64_t across = cursor.number(2), down = cursor.number(2);
  if (across == 0 || down == 0 || left + across > width || top + down > height)
    throw Error(input.operation, "a picture inside of the GIF's area", "one beyond it or empty");
  skip_colours(cursor.number(1));
  cursor.skip(1);
  skip_blocks(cursor);
  return {width, height};
}

Image decode_bmp(const Input& input) {
  return decode(input, bmp_size(input), "a BMP without run lengths");
}
Image decode_gif(const Input& input) { return decode(input, gif_size(input), "a whole GIF file"); }

}  // namespace burin::formats

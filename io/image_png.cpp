// PNG through libpng: palettes by colour or by index, 1 to 16 bits, interlaced too.
#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstring>

#include "engine/error.h"
#include "io/image_formats.h"

namespace burin::formats {
namespace {

struct Reader {
  std::span<const std::uint8_t> left;
  char message[128] = "";
  png_structp png = nullptr;
  png_infop info = nullptr;

  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

// libpng calls these; an error leaves by longjmp to the setjmp of the function below, which owns
// nothing.
void on_error(png_structp png, png_const_charp text) {
  auto* reader = static_cast<Reader*>(png_get_error_ptr(png));
  std::strncpy(reader->message, text, sizeof reader->message - 1);
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}
void on_read(png_structp png, png_bytep out, std::size_t count) {
  auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (count > reader->left.size()) png_error(png, "an early end");
  std::memcpy(out, reader->left.data(), count);
  reader->left = reader->left.subspan(count);
}

struct Header {
  png_uint_32 width = 0, height = 0;
  int depth = 0, colour = 0;
};

bool read_header(Reader& reader, Header& header) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &reader, on_read);
  png_set_user_limits(reader.png, 0x7fffffff, 0x7fffffff);  // our own limit follows
  png_set_chunk_malloc_max(reader.png, 8'000'000);
  png_set_chunk_cache_max(reader.png, 128);
  png_read_info(reader.png, reader.info);
  png_get_IHDR(reader.png, reader.info, &header.width, &header.height, &header.depth,
               &header.colour, nullptr, nullptr, nullptr);
  return true;
}

// Asks for what image.h promises; false on an error of the library.
bool set_conversions(Reader& reader, const Header& header, Meaning meaning) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  if (meaning == Meaning::labels) {
    png_set_packing(reader.png);
  } else {
    if (header.colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(reader.png);
    if (header.colour == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(reader.png);
  }
  if (header.colour & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(reader.png);
  if (std::endian::native == std::endian::little && header.depth == 16) png_set_swap(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_rows(Reader& reader, png_bytep* rows) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, nullptr);
  return true;
}

void start(const Input& input, Reader& reader, Header& header) {
  reader.left = input.bytes;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) throw std::bad_alloc();
  if (!read_header(reader, header))
    throw Error(input.operation, "a whole PNG file", reader.message);
  check_size(input, header.width, header.height);
}

}  // namespace

ImageSize png_size(const Input& input) {
  // Signature, then the IHDR chunk: length 13, type, width, height.
  const auto& b = input.bytes;
  if (b.size() < 33 || std::memcmp(b.data() + 8, "\0\0\0\x0dIHDR", 8) != 0)
    throw Error(input.operation, "a whole PNG file", "an early end or no IHDR");
  const auto number = [&](std::size_t at) {
    return std::int64_t{b[at]} << 24 | b[at + 1] << 16 | b[at + 2] << 8 | b[at + 3];
  };
  check_size(input, number(16), number(20));
  return {number(16), number(20)};
}

Image decode_png(const Input& input) {
  Reader reader;
  Header header;
  start(input, reader, header);
  const int channels = png_get_channels(reader.png, reader.info);
  const auto bits = static_cast<std::uint64_t>(channels * header.depth);
  check_ratio(input, std::uint64_t{header.width} * header.height * bits / 8,
              1032);  // deflate's bound
  if (!set_conversions(reader, header, input.meaning))
    throw Error(input.operation, "a whole PNG file", reader.message);

  Image image = make_image(header.width, header.height, png_get_channels(reader.png, reader.info),
                           header.depth == 16 ? 16 : 8);
  const std::size_t row = image.data.size() / header.height;
  if (png_get_rowbytes(reader.png, reader.info) != row ||
      (image.channels != 1 && image.channels != 3))
    throw Error(input.operation, "grey, RGB or palette", "another kind of PNG");
  std::vector<png_bytep> rows(header.height);
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = image.data.data() + y * row;
  if (!read_rows(reader, rows.data()))
    throw Error(input.operation, "a whole PNG file", reader.message);
  return image;
}

}  // namespace burin::formats

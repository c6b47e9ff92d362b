#include <png.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/image.h"

namespace burin {
namespace {

struct Writer {
  std::vector<std::uint8_t> bytes;
  bool out_of_memory = false;
  char message[128] = "";
  png_structp png = nullptr;
  png_infop info = nullptr;

  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { png_destroy_write_struct(&png, &info); }
};

void on_error(png_structp png, png_const_charp text) {
  auto* writer = static_cast<Writer*>(png_get_error_ptr(png));
  std::strncpy(writer->message, text, sizeof writer->message - 1);
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}
bool append(Writer& writer, const std::uint8_t* bytes, std::size_t count) try {
  writer.bytes.insert(writer.bytes.end(), bytes, bytes + count);
  return true;
} catch (const std::bad_alloc&) {  // must not pass through libpng
  writer.out_of_memory = true;
  return false;
}
void on_write(png_structp png, png_bytep bytes, std::size_t count) {
  if (!append(*static_cast<Writer*>(png_get_io_ptr(png)), bytes, count))
    png_error(png, "no memory");
}
void on_flush(png_structp) {}

bool write_all(Writer& writer, const Image& image, const PngOptions& options, png_bytep* rows) {
  if (setjmp(png_jmpbuf(writer.png))) return false;
  const bool indexed = !options.palette.empty();
  png_set_write_fn(writer.png, &writer, on_write, on_flush);
  png_set_user_limits(writer.png, 0x7fffffff, 0x7fffffff);
  png_set_compression_level(writer.png, options.level);
  // Photographs: the difference to the left neighbour. Masks and indices are runs already.
  png_set_filter(writer.png, 0, image.channels == 3 ? PNG_FILTER_SUB : PNG_FILTER_NONE);
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), image.bits,
               indexed               ? PNG_COLOR_TYPE_PALETTE
               : image.channels == 3 ? PNG_COLOR_TYPE_RGB
                                     : PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (indexed) {
    png_color colours[256];
    for (std::size_t i = 0; i < options.palette.size(); ++i)
      colours[i] = {options.palette[i][0], options.palette[i][1], options.palette[i][2]};
    png_set_PLTE(writer.png, writer.info, colours, static_cast<int>(options.palette.size()));
  }
  png_write_info(writer.png, writer.info);
  if (std::endian::native == std::endian::little && image.bits == 16) png_set_swap(writer.png);
  png_write_image(writer.png, rows);
  png_write_end(writer.png, nullptr);
  return true;
}

void check(const Image& image, const PngOptions& options) {
  const auto refuse = [](const char* expected, const std::string& got) {
    throw Error("write PNG", expected, got);
  };
  const bool shape = image.width > 0 && image.height > 0 && image.width <= 0x7fffffff &&
                     image.height <= 0x7fffffff && (image.channels == 1 || image.channels == 3) &&
                     (image.bits == 8 || image.bits == 16);
  if (!shape || image.data.size() !=
                    static_cast<std::size_t>(image.pixels() * image.channels * (image.bits / 8)))
    refuse("1 or 3 channels of 8 or 16 bits and data to match",
           std::to_string(image.width) + "x" + std::to_string(image.height) + "x" +
               std::to_string(image.channels) + " of " + std::to_string(image.bits) + " bits, " +
               std::to_string(image.data.size()) + " bytes");
  if (options.level < 0 || options.level > 9) refuse("level 0 to 9", std::to_string(options.level));
  if (options.palette.empty()) return;
  if (options.palette.size() > 256 || image.channels != 1 || image.bits != 8)
    refuse("at most 256 colours and one 8-bit channel",
           std::to_string(options.palette.size()) + " colours, " + std::to_string(image.channels) +
               " channels of " + std::to_string(image.bits) + " bits");
  const auto largest = *std::max_element(image.data.begin(), image.data.end());
  if (largest >= options.palette.size())
    refuse("indices below the number of colours", std::to_string(largest));
}

}  // namespace

std::vector<std::uint8_t> encode_png(const Image& image, const PngOptions& options) {
  check(image, options);
  Writer writer;
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, on_error, on_warning);
  if (writer.png != nullptr) writer.info = png_create_info_struct(writer.png);
  if (writer.info == nullptr) throw std::bad_alloc();
  std::vector<png_bytep> rows(static_cast<std::size_t>(image.height));
  const std::size_t row = image.data.size() / rows.size();
  for (std::size_t y = 0; y < rows.size(); ++y)
    rows[y] = const_cast<png_bytep>(image.data.data()) +
              y * row;  // libpng copies a row before it changes it
  if (!write_all(writer, image, options, rows.data())) {
    if (writer.out_of_memory) throw std::bad_alloc();
    throw Error("write PNG", "an image that libpng takes", writer.message);
  }
  return std::move(writer.bytes);
}

void write_png(const std::filesystem::path& path, const Image& image, const PngOptions& options) {
  try {
    write_file(path, encode_png(image, options));
  } catch (const Error& error) {
    if (error.operation() != "write PNG") throw;
    throw Error("write " + path.string(), error.expected(), error.got());
  }
}

}  // namespace burin

#include "io/image.h"

#include <algorithm>

#include "engine/error.h"
#include "io/file.h"
#include "io/image_formats.h"

namespace burin {
namespace formats {

namespace {

struct Decoder {
  std::string_view magic;
  Image (*decode)(const Input&);
  ImageSize (*size)(const Input&);
};

using namespace std::string_view_literals;
constexpr Decoder decoders[] = {
    {"\x89PNG\r\n\x1a\n"sv, decode_png, png_size},
    {"\xff\xd8\xff"sv, decode_jpeg, jpeg_size},
    {"II*\0"sv, decode_tiff, tiff_size},
    {"MM\0*"sv, decode_tiff, tiff_size},
    {"II+\0"sv, decode_tiff, tiff_size},
    {"MM\0+"sv, decode_tiff, tiff_size},
    {"GIF87a"sv, decode_gif, gif_size},
    {"GIF89a"sv, decode_gif, gif_size},
    {"BM"sv, decode_bmp, bmp_size},
};

const Decoder& decoder_of(const Input& input) {
  const std::string_view start(reinterpret_cast<const char*>(input.bytes.data()),
                               std::min<std::size_t>(input.bytes.size(), 8));
  for (const Decoder& decoder : decoders)
    if (start.starts_with(decoder.magic)) return decoder;
  throw Error(input.operation, "a PNG, JPEG, TIFF, BMP or GIF file",
              input.bytes.empty() ? "an empty file" : "other first bytes");
}

}  // namespace

void check_size(const Input& input, std::int64_t width, std::int64_t height) {
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  if (width <= 0 || height <= 0) throw Error(input.operation, "a picture with pixels", size);
  if (width > input.limits.pixels / height)
    throw Error(input.operation, "at most " + std::to_string(input.limits.pixels) + " pixels",
                size);
}

void check_ratio(const Input& input, std::uint64_t raw, std::uint64_t ratio) {
  constexpr std::uint64_t headers = 4096;  // small files: room for any header's own savings
  if (raw > headers && raw / ratio > input.bytes.size())
    throw Error(input.operation, "data for " + std::to_string(raw) + " bytes of picture",
                "a file of " + std::to_string(input.bytes.size()));
}

}  // namespace formats

namespace {

// Three equal channels to one; anything else is no label image.
Image to_labels(Image image, const std::string& operation) {
  if (image.channels == 1) return image;
  Image out = make_image(image.width, image.height, 1, image.bits);
  const auto take = [&](auto in, auto to) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = in[3 * i];
      if (in[3 * i] != in[3 * i + 1] || in[3 * i] != in[3 * i + 2])
        throw Error(operation, "a label image (one channel, or three equal ones)",
                    "a colour image");
    }
  };
  if (image.bits == 16)
    take(image.words(), out.words());
  else
    take(std::span(image.data), std::span(out.data));
  return out;
}

}  // namespace

std::span<std::uint16_t> Image::words() noexcept {
  return {reinterpret_cast<std::uint16_t*>(data.data()), data.size() / 2};
}
std::span<const std::uint16_t> Image::words() const noexcept {
  return {reinterpret_cast<const std::uint16_t*>(data.data()), data.size() / 2};
}

Image make_image(std::int64_t width, std::int64_t height, int channels, int bits) {
  return {
      width, height, channels, bits,
      std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * channels * (bits / 8)))};
}

Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name,
                   const ImageLimits& limits) {
  const std::string operation = reading(name);
  const formats::Input input{bytes, operation, limits};
  return formats::decoder_of(input).decode(input);
}

Image decode_labels(std::span<const std::uint8_t> bytes, const std::string& name,
                    const ImageLimits& limits) {
  const std::string operation = reading(name);
  const formats::Input input{bytes, operation, limits, formats::Meaning::labels};
  return to_labels(formats::decoder_of(input).decode(input), operation);
}

Image read_image(const std::filesystem::path& path, const ImageLimits& limits) {
  return decode_image(read_file(path, limits.file_bytes), path.string(), limits);
}

Image read_labels(const std::filesystem::path& path, const ImageLimits& limits) {
  return decode_labels(read_file(path, limits.file_bytes), path.string(), limits);
}

ImageSize read_image_size(const std::filesystem::path& path, const ImageLimits& limits) {
  const ByteSource source(path);
  // PNG states its size in the first 33 bytes; the others may say it anywhere.
  std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(source.size(), 33));
  source.read(0, bytes);
  const formats::Input start{bytes, source.operation(), limits};
  const formats::Decoder& decoder = formats::decoder_of(start);
  if (decoder.size == formats::png_size) return decoder.size(start);
  bytes = read_file(path, limits.file_bytes);
  return decoder.size({bytes, source.operation(), limits});
}

}  // namespace burin

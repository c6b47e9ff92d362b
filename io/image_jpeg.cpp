// JPEG through libjpeg(-turbo): its pixels are the ones other tools see, and damaged data is told
// apart from whole data.
#include <cstddef>
#include <cstdio>
// jpeglib.h needs the two above.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>

#include "engine/error.h"
#include "io/image_formats.h"

namespace burin::formats {
namespace {

constexpr int most_scans =
    100;  // a progressive file of a camera has about 10; each costs a pass over the picture

struct Reader {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";

  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { jpeg_destroy_decompress(&info); }
};

[[noreturn]] void leave(j_common_ptr common) {
  auto* reader = static_cast<Reader*>(common->client_data);
  common->err->format_message(common, reader->message);
  std::longjmp(reader->jump, 1);
}

// level -1 is a warning: libjpeg would go on with invented pixels. Only warnings about things
// around the data pass.
void on_message(j_common_ptr common, int level) {
  const int code = common->err->msg_code;
  if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM &&
      code != JWRN_JFIF_MAJOR)
    leave(common);
}
void on_output(j_common_ptr) {}
void on_progress(j_common_ptr common) {
  const auto* info = reinterpret_cast<jpeg_decompress_struct*>(common);
  if (info->input_scan_number > most_scans) {
    common->err->msg_code = JERR_BAD_PROGRESSION;
    leave(common);
  }
}

bool read_header(Reader& reader, std::span<const std::uint8_t> bytes) {
  if (setjmp(reader.jump)) return false;
  jpeg_create_decompress(&reader.info);
  reader.info.client_data = &reader;
  reader.info.progress = &reader.progress;
  jpeg_mem_src(&reader.info, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&reader.info, TRUE);
  return true;
}

bool decode(Reader& reader, std::uint8_t* out, std::size_t row) {
  if (setjmp(reader.jump)) return false;
  jpeg_start_decompress(&reader.info);
  while (reader.info.output_scanline < reader.info.output_height) {
    JSAMPROW line = out + reader.info.output_scanline * row;
    jpeg_read_scanlines(&reader.info, &line, 1);
  }
  jpeg_finish_decompress(&reader.info);
  return true;
}

void start(const Input& input, Reader& reader) {
  reader.info.err = jpeg_std_error(&reader.errors);
  reader.info.client_data = &reader;
  reader.errors.error_exit = leave;
  reader.errors.emit_message = on_message;
  reader.errors.output_message = on_output;
  reader.progress.progress_monitor = on_progress;
  if (!read_header(reader, input.bytes))
    throw Error(input.operation, "a whole JPEG file", reader.message);
  check_size(input, reader.info.image_width, reader.info.image_height);
}

// Adobe's files store ink the wrong way round: 255 is none. r = c*k/255.
Image from_cmyk(const Image& cmyk, bool inverted) {
  Image out = make_image(cmyk.width, cmyk.height, 3);
  const int flip = inverted ? 0 : 255;
  for (std::size_t i = 0; i < out.data.size() / 3; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      out.data[3 * i + c] = static_cast<std::uint8_t>((cmyk.data[4 * i + c] ^ flip) *
                                                      (cmyk.data[4 * i + 3] ^ flip) / 255);
  return out;
}

}  // namespace

ImageSize jpeg_size(const Input& input) {
  Reader reader;
  start(input, reader);
  return {reader.info.image_width, reader.info.image_height};
}

Image decode_jpeg(const Input& input) {
  Reader reader;
  start(input, reader);
  auto& info = reader.info;
  const std::uint64_t pixels = std::uint64_t{info.image_width} * info.image_height;
  check_ratio(input, pixels, 2048);  // at best a bit for a block of 64, and 2x for odd sampling
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  const int channels = cmyk ? 4 : info.num_components == 1 ? 1 : 3;
  Image image = make_image(info.image_width, info.image_height, channels);
  if (!decode(reader, image.data.data(), image.data.size() / info.image_height))
    throw Error(input.operation, "a whole JPEG file", reader.message);
  return cmyk ? from_cmyk(image, info.saw_Adobe_marker) : image;
}

}  // namespace burin::formats

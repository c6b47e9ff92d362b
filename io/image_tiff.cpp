// TIFF through libtiff: strips or tiles, either planar configuration, grey, RGB or palette, 1 to 16
// bits; stored, LZW, deflate or PackBits. Other compressions are refused: their decoders are where
// libtiff's faults have been.
#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "engine/error.h"
#include "io/image_formats.h"

namespace burin::formats {
namespace {

struct Memory {
  std::span<const std::uint8_t> bytes;
  std::uint64_t at = 0;
};

tmsize_t on_read(thandle_t handle, void* out, tmsize_t count) {
  auto* memory = static_cast<Memory*>(handle);
  const std::uint64_t size = memory->bytes.size();
  if (count <= 0 || memory->at >= size) return 0;
  const std::uint64_t n = std::min(static_cast<std::uint64_t>(count), size - memory->at);
  std::memcpy(out, memory->bytes.data() + memory->at, n);
  memory->at += n;
  return static_cast<tmsize_t>(n);
}
tmsize_t on_write(thandle_t, void*, tmsize_t) { return -1; }
toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  auto* memory = static_cast<Memory*>(handle);
  const std::uint64_t base = whence == SEEK_CUR   ? memory->at
                             : whence == SEEK_END ? memory->bytes.size()
                                                  : 0;
  return memory->at = base + offset;
}
int on_close(thandle_t) { return 0; }
toff_t on_size(thandle_t handle) { return static_cast<Memory*>(handle)->bytes.size(); }
int on_message(TIFF*, void*, const char*, const char*, va_list) { return 1; }  // 1: handled

using Tiff = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

Tiff open(const Input& input, Memory& memory) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
      TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_message, nullptr);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_message, nullptr);
  // Directory arrays take a few bytes for each byte of the file that describes them.
  const std::uint64_t most =
      std::min<std::uint64_t>((1u << 20) + 16 * input.bytes.size(), 1u << 30);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(most));
  Tiff tiff(TIFFClientOpenExt("memory", "rm", &memory, on_read, on_write, on_seek, on_close,
                              on_size, nullptr, nullptr, options.get()),
            &TIFFClose);
  if (!tiff) throw Error(input.operation, "a whole TIFF file", "a damaged directory");
  return tiff;
}

// What the directory says.
struct Facts {
  std::uint32_t width = 0, height = 0;
  std::uint32_t piece_width = 0, piece_height = 0;  // a tile, or a strip of full width
  std::uint16_t bits = 1, samples = 1, photometric = 0, planar = 0, compression = 0, format = 0;
  bool tiled = false;

  [[nodiscard]] int samples_together() const {
    return planar == PLANARCONFIG_SEPARATE ? 1 : samples;
  }
  [[nodiscard]] std::uint64_t piece_row() const {  // bytes
    return (std::uint64_t{piece_width} * static_cast<unsigned>(samples_together()) * bits + 7) / 8;
  }
};

Facts read_size(const Input& input, TIFF* tiff) {
  Facts facts;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &facts.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &facts.height);
  check_size(input, facts.width, facts.height);
  return facts;
}

void check_kind(const Input& input, const Facts& f) {
  const auto need = [&](bool good, const char* expected, std::uint64_t got) {
    if (!good) throw Error(input.operation, expected, std::to_string(got));
  };
  need(f.bits == 1 || f.bits == 2 || f.bits == 4 || f.bits == 8 || f.bits == 16,
       "a TIFF of 1, 2, 4, 8 or 16 bits", f.bits);
  need(f.samples >= 1 && f.samples <= 8, "a TIFF of 1 to 8 samples a pixel", f.samples);
  need(f.format == SAMPLEFORMAT_UINT || f.format == SAMPLEFORMAT_VOID,
       "a TIFF of unsigned numbers (sample format 1)", f.format);
  need(f.photometric <= PHOTOMETRIC_PALETTE, "a grey, RGB or palette TIFF (photometric 0 to 3)",
       f.photometric);
  need(f.photometric != PHOTOMETRIC_RGB || (f.samples >= 3 && f.bits >= 8),
       "three samples of 8 or 16 bits in an RGB TIFF", f.samples);
  need(f.compression == COMPRESSION_NONE || f.compression == COMPRESSION_LZW ||
           f.compression == COMPRESSION_PACKBITS || f.compression == COMPRESSION_DEFLATE ||
           f.compression == COMPRESSION_ADOBE_DEFLATE,
       "a TIFF stored plainly or by LZW, deflate or PackBits", f.compression);
}

Facts read_facts(const Input& input, TIFF* tiff) {
  Facts f = read_size(input, tiff);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &f.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &f.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &f.format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &f.planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &f.compression);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &f.photometric))
    throw Error(input.operation, "a TIFF that says what its numbers mean", "no photometric tag");
  check_kind(input, f);
  f.tiled = TIFFIsTiled(tiff) != 0;
  f.piece_width = f.width;
  f.piece_height = f.height;
  if (f.tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &f.piece_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &f.piece_height);
  } else {
    std::uint32_t rows = f.height;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    f.piece_height = std::min(rows, f.height);
  }
  check_size(input, f.piece_width, f.piece_height);
  const std::uint64_t planes = f.planar == PLANARCONFIG_SEPARATE ? f.samples : 1;
  const std::uint64_t down = (f.height + f.piece_height - 1) / f.piece_height;
  const std::uint64_t across = (f.width + f.piece_width - 1) / f.piece_width;
  // A code of 12 bits stands for at most 4096 bytes in LZW; deflate packs less.
  check_ratio(input, f.piece_row() * f.piece_height * across * down * planes, 2731);
  return f;
}

// Number `index` of a row of packed numbers, the first in the highest bits.
unsigned packed(const std::uint8_t* row, std::uint64_t index, unsigned bits) {
  const std::uint64_t at = index * bits;
  return row[at / 8] >> (8 - bits - at % 8) & ((1u << bits) - 1);
}

// Copies the samples [0, channels) of a decoded piece to its place.
struct Placer {
  const Facts& f;
  Image& image;

  void row(const std::uint8_t* in, std::uint32_t x0, std::uint32_t y, int plane) const {
    const std::uint64_t count = std::min(f.piece_width, f.width - x0);
    const auto together = static_cast<std::uint64_t>(f.samples_together());
    const auto channels = static_cast<std::uint64_t>(image.channels);
    const std::uint64_t first = static_cast<std::uint64_t>(plane);
    const std::uint64_t taken = together == 1 ? 1 : channels;
    std::uint64_t to = (std::uint64_t{y} * f.width + x0) * channels + first;
    for (std::uint64_t x = 0; x < count; ++x, to += channels)
      for (std::uint64_t c = 0; c < taken; ++c) {
        const std::uint64_t from = x * together + c;
        if (f.bits == 16)
          std::memcpy(image.data.data() + 2 * (to + c), in + 2 * from, 2);
        else
          image.data[to + c] =
              static_cast<std::uint8_t>(f.bits == 8 ? in[from] : packed(in, from, f.bits));
      }
  }
};

void read_pieces(const Input& input, TIFF* tiff, const Facts& f, Image& image) {
  const std::uint64_t row = f.piece_row();
  std::vector<std::uint8_t> piece(row * f.piece_height);
  const Placer place{f, image};
  const int planes = f.planar == PLANARCONFIG_SEPARATE ? image.channels : 1;
  for (int plane = 0; plane < planes; ++plane)
    for (std::uint32_t y = 0; y < f.height; y += f.piece_height)
      for (std::uint32_t x = 0; x < f.width; x += f.piece_width) {
        const std::uint32_t rows = std::min(f.piece_height, f.height - y);
        const auto sample = static_cast<std::uint16_t>(plane);
        const auto wanted = static_cast<tmsize_t>(row * (f.tiled ? f.piece_height : rows));
        const tmsize_t got = f.tiled
                                 ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x, y, 0, sample),
                                                       piece.data(), wanted)
                                 : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, sample),
                                                        piece.data(), wanted);
        if (got != wanted)
          throw Error(input.operation, "a whole TIFF file",
                      "damaged data at row " + std::to_string(y));
        for (std::uint32_t r = 0; r < rows; ++r) place.row(piece.data() + r * row, x, y + r, plane);
      }
}

// White-is-zero turned round; pictures of 1, 2 or 4 bits stretched to 0..255.
void normalize_grey(const Facts& f, Meaning meaning, Image& image) {
  const unsigned top = (1u << f.bits) - 1;
  const unsigned stretch = meaning == Meaning::picture && f.bits < 8 ? 255 / top : 1;
  const bool invert = f.photometric == PHOTOMETRIC_MINISWHITE;
  if (f.bits == 16) {
    for (auto& v : image.words()) v = static_cast<std::uint16_t>(invert ? top - v : v);
  } else {
    for (auto& v : image.data) v = static_cast<std::uint8_t>((invert ? top - v : v) * stretch);
  }
}

Image apply_palette(const Input& input, TIFF* tiff, const Facts& f, const Image& indices) {
  std::uint16_t* maps[3] = {};
  if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]))
    throw Error(input.operation, "a palette", "none");
  const std::size_t size = std::size_t{1} << f.bits;
  bool wide = false;  // some writers store 0..255 where 0..65535 is asked for
  for (const auto* map : maps)
    wide = wide || std::any_of(map, map + size, [](auto v) { return v > 255; });
  Image out = make_image(indices.width, indices.height, 3);
  for (std::size_t i = 0; i < out.data.size() / 3; ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t index = f.bits == 16 ? indices.words()[i] : indices.data[i];
      out.data[3 * i + c] = static_cast<std::uint8_t>(maps[c][index] >> (wide ? 8 : 0));
    }
  return out;
}

}  // namespace

ImageSize tiff_size(const Input& input) {
  Memory memory{input.bytes};
  const Tiff tiff = open(input, memory);
  const Facts facts = read_size(input, tiff.get());
  return {facts.width, facts.height};
}

Image decode_tiff(const Input& input) {
  Memory memory{input.bytes};
  const Tiff tiff = open(input, memory);
  const Facts f = read_facts(input, tiff.get());
  Image image = make_image(f.width, f.height, f.photometric == PHOTOMETRIC_RGB ? 3 : 1,
                           f.bits == 16 ? 16 : 8);
  read_pieces(input, tiff.get(), f, image);
  if (f.photometric == PHOTOMETRIC_RGB) return image;
  if (f.photometric != PHOTOMETRIC_PALETTE)
    normalize_grey(f, input.meaning, image);
  else if (input.meaning == Meaning::picture)
    return apply_palette(input, tiff.get(), f, image);
  return image;
}

}  // namespace burin::formats

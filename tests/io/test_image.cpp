#include <doctest/doctest.h>

#include <cstdlib>

#include "io/image.h"
#include "tests/io/seeds.h"

using namespace burin;
using namespace burin::test;

namespace {

constexpr int width = 13, height = 9;

// The numbers of make_seeds.py.
int value(int x, int y, int c, int bits) {
  return (x * 37 + y * 11 + c * 71 + 5) * (bits == 16 ? 257 : 1) % (1 << bits);
}
int palette(int index, int c) { return c == 0 ? index : c == 1 ? 255 - index : 7 * index % 256; }

// wanted(x, y, c) for every number of the image.
template <class F>
void check(const Image& image, int channels, int bits, F wanted, int tolerance = 0) {
  REQUIRE(image.width == width);
  REQUIRE(image.height == height);
  REQUIRE(image.channels == channels);
  REQUIRE(image.bits == bits);
  REQUIRE(image.data.size() == static_cast<std::size_t>(width * height * channels * bits / 8));
  int wrong = 0;
  for (int y = 0, i = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c, ++i) {
        const auto at = static_cast<std::size_t>(i);
        const int got = bits == 16 ? image.words()[at] : image.data[at];
        wrong += std::abs(got - wanted(x, y, c)) > tolerance;
      }
  CHECK(wrong == 0);
}

auto plain(int bits) {
  return [bits](int x, int y, int c) { return value(x, y, c, bits); };
}
auto stretched(int bits) {
  return [bits](int x, int y, int c) { return value(x, y, c, bits) * 255 / ((1 << bits) - 1); };
}
auto coloured(int bits) {
  return [bits](int x, int y, int c) { return palette(value(x, y, 0, bits), c); };
}

}  // namespace

TEST_CASE("png: every kind, as picture and as labels") {
  for (const int bits : {1, 2, 4, 8}) {
    const std::string n = std::to_string(bits) + ".png";
    CAPTURE(n);
    check(read_image(seed("png/grey" + n)), 1, 8, stretched(bits));
    check(read_labels(seed("png/grey" + n)), 1, 8, plain(bits));
    check(read_image(seed("png/palette" + n)), 3, 8, coloured(bits));
    check(read_labels(seed("png/palette" + n)), 1, 8, plain(bits));
  }
  check(read_image(seed("png/palette4_interlaced.png")), 3, 8, coloured(4));
  check(read_labels(seed("png/palette4_interlaced.png")), 1, 8, plain(4));
  check(read_image(seed("png/grey16.png")), 1, 16, plain(16));
  check(read_labels(seed("png/grey16.png")), 1, 16, plain(16));
  for (const int bits : {8, 16}) {
    const std::string n = std::to_string(bits);
    check(read_image(seed("png/rgb" + n + ".png")), 3, bits, plain(bits));
    check(read_image(seed("png/rgb" + n + "_interlaced.png")), 3, bits, plain(bits));
    check(read_image(seed("png/rgba" + n + ".png")), 3, bits, plain(bits));
    check(read_image(seed("png/grey_alpha" + n + ".png")), 1, bits, plain(bits));
  }
}

TEST_CASE("jpeg: near the picture that was encoded") {
  const auto smooth = [](int x, int y, int c) { return 8 * x + 5 * y + 20 * c + 30; };
  check(read_image(seed("jpeg/grey.jpg")), 1, 8, smooth, 4);
  check(read_image(seed("jpeg/rgb444.jpg")), 3, 8, smooth, 6);
  check(read_image(seed("jpeg/restart.jpg")), 3, 8, smooth, 6);
  check(read_image(seed("jpeg/progressive.jpg")), 3, 8, smooth, 6);
  check(read_image(seed("jpeg/rgb420.jpg")), 3, 8, smooth, 16);
  const auto ink = [&](int x, int y, int c) {
    return (255 - smooth(x, y, c)) * (255 - smooth(x, y, 3)) / 255;
  };
  check(read_image(seed("jpeg/cmyk.jpg")), 3, 8, ink, 8);
  check(read_labels(seed("jpeg/grey.jpg")), 1, 8, smooth, 4);
}

TEST_CASE("tiff: strips, tiles, planes, both byte orders, palettes") {
  check(read_image(seed("tiff/grey8.tif")), 1, 8, plain(8));
  check(read_image(seed("tiff/grey8_strips.tif")), 1, 8, plain(8));
  const auto inverted = [](int x, int y, int) { return 255 - value(x, y, 0, 8); };
  check(read_image(seed("tiff/grey8_white_is_zero.tif")), 1, 8, inverted);
  check(read_image(seed("tiff/grey16_lzw_big_endian.tif")), 1, 16, plain(16));
  check(read_labels(seed("tiff/grey16_lzw_big_endian.tif")), 1, 16, plain(16));
  check(read_image(seed("tiff/rgb8_lzw_predictor.tif")), 3, 8, plain(8));
  check(read_image(seed("tiff/rgb8_planar.tif")), 3, 8, plain(8));
  check(read_image(seed("tiff/rgb8_tiles_deflate.tif")), 3, 8, plain(8));
  check(read_image(seed("tiff/rgb16_tiles_packbits.tif")), 3, 16, plain(16));
  check(read_image(seed("tiff/rgb16_bigtiff.tif")), 3, 16, plain(16));
  check(read_image(seed("tiff/rgba8.tif")), 3, 8, plain(8));
  check(read_image(seed("tiff/palette8.tif")), 3, 8, coloured(8));
  check(read_labels(seed("tiff/palette8.tif")), 1, 8, plain(8));
  check(read_image(seed("tiff/grey1.tif")), 1, 8, stretched(1));
  check(read_labels(seed("tiff/grey1.tif")), 1, 8, plain(1));
  CHECK(error_of([] { (void)read_image(seed("tiff/jpeg_inside.tif")); }).find("LZW") !=
        std::string::npos);
  CHECK(error_of([] { (void)read_image(seed("tiff/float.tif")); }).find("32") != std::string::npos);
}

TEST_CASE("gif and bmp") {
  for (const char* name : {"palette.gif", "interlaced.gif", "animated.gif", "palette.bmp"}) {
    CAPTURE(name);
    check(read_image(seed(std::string("gif_bmp/") + name)), 3, 8, coloured(8));
  }
  check(read_image(seed("gif_bmp/rgb.bmp")), 3, 8, plain(8));
  check(read_image(seed("gif_bmp/rgba.bmp")), 3, 8, plain(8));
  const auto grey = [](int x, int y, int) { return value(x, y, 0, 8); };
  check(read_image(seed("gif_bmp/grey.bmp")), 3, 8, grey);
  check(read_labels(seed("gif_bmp/grey.bmp")), 1, 8, grey);
  check(read_labels(seed("gif_bmp/mask.gif")), 1, 8, stretched(1));
  check(read_labels(seed("gif_bmp/mask1.bmp")), 1, 8, stretched(1));
}

TEST_CASE("sizes without decoding") {
  for (const char* folder : {"png", "jpeg", "tiff", "gif_bmp"})
    for (const auto& file : std::filesystem::directory_iterator(seed(folder))) {
      CAPTURE(file.path().string());
      const ImageSize size = read_image_size(file.path());
      CHECK(size.width == width);
      CHECK(size.height == height);
    }
}

TEST_CASE("png written and read back: 8 and 16 bits, grey, RGB") {
  const TemporaryFolder folder;
  for (const int channels : {1, 3})
    for (const int bits : {8, 16}) {
      Image image = make_image(width, height, channels, bits);
      for (std::size_t i = 0; i < image.data.size(); ++i)
        image.data[i] = static_cast<std::uint8_t>(i * 29 + 3);
      write_png(folder / "a.png", image);
      CHECK(read_image(folder / "a.png").data == image.data);
    }
  Image wrong = make_image(width, height, 1);
  wrong.channels = 2;
  CHECK(error_of([&] {
          write_png(folder / "bad.png", wrong);
        }).starts_with("write " + (folder / "bad.png").string() + ": expected 1 or 3 channels"));
  CHECK(!std::filesystem::exists(folder / "bad.png"));
}

TEST_CASE("png with a palette: indices as labels, colours as picture") {
  const TemporaryFolder folder;
  const auto file = folder / "classes.png";
  const std::vector<Colour> colours = {{0, 0, 0}, {128, 0, 0}, {1, 2, 3}};
  Image labels = make_image(width, height, 1);
  for (std::size_t i = 0; i < labels.data.size(); ++i)
    labels.data[i] = static_cast<std::uint8_t>(i % 3);
  write_png(file, labels, {.palette = colours});
  CHECK(read_labels(file).data == labels.data);
  const Image picture = read_image(file);
  REQUIRE(picture.channels == 3);
  for (std::size_t i = 0; i < picture.data.size(); ++i)
    CHECK(picture.data[i] == colours[i / 3 % 3][i % 3]);
  labels.data.back() = 3;
  CHECK(error_of([&] {
          write_png(file, labels, {.palette = colours});
        }).ends_with("expected indices below the number of colours, got 3"));
}

TEST_CASE("what cannot be read is one line that names the file") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& name, const std::string& part) {
    const std::string text = error_of([&] { (void)read_image(folder / name); });
    CAPTURE(text);
    CHECK(text.starts_with("read " + (folder / name).string() + ": expected "));
    CHECK(text.find(part) != std::string::npos);
  };
  refused("missing.png", "No such file");
  std::filesystem::create_directory(folder / "folder.png");
  refused("folder.png", "a folder");
  std::ofstream(folder / "empty.png");
  refused("empty.png", "an empty file");
  std::ofstream(folder / "text.png") << "not a picture";
  refused("text.png", "other first bytes");
  CHECK(error_of([] { (void)read_labels(seed("png/rgb8.png")); }).find("a colour image") !=
        std::string::npos);
  CHECK(error_of([] {
          (void)read_image(seed("png/rgb8.png"), {.pixels = 116});
        }).find("at most 116 pixels, got 13x9") != std::string::npos);
  CHECK(error_of([] { (void)read_image(seed("png/rgb8.png"), {.pixels = 117}); }).empty());
}

TEST_CASE("a bomb is refused before memory is taken") {
  // The header of rgb8.png with 16000x16000 pixels: within the pixel limit, but no file of 500
  // bytes holds them.
  auto bytes = seed_bytes("png/rgb8.png");
  bytes[18] = 0x3e, bytes[19] = 0x80, bytes[22] = 0x3e, bytes[23] = 0x80;
  CHECK(!error_of([&] { (void)decode_image(bytes, "bomb"); }).empty());
  const std::uint8_t gif[] = {'G', 'I', 'F', '8', '9', 'a', 0, 0x40, 0, 0x40, 0, 0, 0};
  CHECK(error_of([&] { (void)decode_image(gif, "bomb"); }).find("268435456 bytes") !=
        std::string::npos);
}
